"""Strategy-based margin: the cheapest grouping of options and stock, exactly."""

from margin.rules.strategy.cash_rule import CASH_ACCOUNT, CashRule
from margin.rules.strategy.groups import Group, Grouping
from margin.rules.strategy.option_terms import CashTerms, OptionTerms
from margin.rules.strategy.stock_terms import InitialStock, MaintenanceStock
from margin.rules.strategy.strategy_rule import (
    STRATEGY_BROAD_INDEX,
    STRATEGY_CURRENCY,
    STRATEGY_EQUITY,
    STRATEGY_NARROW_INDEX,
    STRATEGY_VOLATILITY_INDEX,
    StrategyRule,
)

__all__ = [
    "CASH_ACCOUNT",
    "STRATEGY_BROAD_INDEX",
    "STRATEGY_CURRENCY",
    "STRATEGY_EQUITY",
    "STRATEGY_NARROW_INDEX",
    "STRATEGY_VOLATILITY_INDEX",
    "CashRule",
    "CashTerms",
    "Group",
    "Grouping",
    "InitialStock",
    "MaintenanceStock",
    "OptionTerms",
    "StrategyRule",
]
