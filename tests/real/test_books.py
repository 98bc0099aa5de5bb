"""Books of index and bitcoin options: calls of their state, and thresholds from scratch."""

import re

import numpy as np
import pytest

from examples import deribit_books, deribit_fall, spx_books
from margin import OptionContract, thresholds
from margin.rules import TEN_POINT_BROAD_INDEX
from pdesolve import black_scholes_price
from tests.real import chains


@pytest.fixture(scope="module")
def coin_markets():
    rows = deribit_fall.snapshots(chains.beside(deribit_fall.FILE))
    return [deribit_fall.market_of(each) for each in rows]


@pytest.fixture(scope="module")
def calls(coin_markets):
    return {book.name: deribit_books.calls(book, coin_markets) for book in deribit_books.BOOKS}


@pytest.fixture(scope="module")
def index_market():
    return spx_books.market_of(*(chains.beside(name) for name in spx_books.FILES))


def test_most_calls_are_right_and_what_is_wrong_is_due_to_volatility(calls):
    every = [one for some in calls.values() for one in some]
    wrong = [one for one in every if not one.right]
    assert len(every) == 70
    assert len(wrong) == 1
    assert {one.cause for one in wrong} <= {"volatility", "surface"}


def test_the_fall_of_the_index_is_what_liquidates(calls):
    lost = {
        name: [one.cause for one in some if one.changed and one.excesses[4] < 0.0]
        for name, some in calls.items()
    }
    assert lost["iron condor"] == lost["covered call with loan"] == ["spot"]
    assert lost["short strangle"] == ["volatility"]
    assert lost["box"] == []


def test_effects_add_up_to_the_change_of_the_excess(calls):
    for some in calls.values():
        for one in some:
            change = one.excesses[4] - one.excesses[0]
            assert sum(one.effects) == pytest.approx(change, abs=1e-6)


def test_a_call_at_a_snapshot_agrees_with_the_requirement_there(calls):
    # The excess that a call starts from is the one that the call before ended with.
    for some in calls.values():
        ended = np.array([one.excesses[4] for one in some[:-1]])
        began = np.array([one.excesses[0] for one in some[1:]])
        np.testing.assert_allclose(began, ended, rtol=1e-4, atol=5.0)


@pytest.mark.parametrize("book", deribit_books.BOOKS, ids=lambda book: book.name)
def test_the_rule_from_scratch_flips_at_each_threshold_of_a_coin_book(coin_markets, book):
    market = coin_markets[6]
    found = thresholds(book, market, deribit_fall.RULE)
    for inside, outside in chains.around(found):
        short, safe = (
            chains.excess_at(book, market, deribit_fall.RULE, spot=spot)
            for spot in (inside, outside)
        )
        assert short < 0.0 < safe


def excess_by_formula(book, market, spot):
    """Cash and values less the worst loss of ten points or the minimum, by closed form."""

    def equity(at):
        total = book.cash
        for held in book.positions:
            contract, units = held.instrument, held.quantity * held.multiplier
            if not isinstance(contract, OptionContract):
                total += units * at
                continue
            rate, carry = market.underlyings["SPX"].carry(contract.expiry, market.asof)
            total += units * black_scholes_price(
                at, contract.strike, market.years(contract.expiry), rate=rate, div_yield=carry,
                vol=market.volatility(contract), right=contract.right,
            )  # fmt: skip
        return total

    rule = TEN_POINT_BROAD_INDEX
    now = equity(spot)
    losses = [now - equity(spot * (1.0 + each.spot_move)) for each in rule.scenarios]
    options = [held for held in book.positions if isinstance(held.instrument, OptionContract)]
    minimum = sum(
        abs(held.quantity)
        * held.multiplier
        * (rule.minimum_per_long_option if held.quantity > 0 else rule.minimum_per_short_option)
        for held in options
    )
    return now - np.maximum(np.max(losses, axis=0), max(0.0, minimum))


@pytest.mark.parametrize("book", spx_books.BOOKS, ids=lambda book: book.name)
def test_thresholds_of_index_books_are_those_of_the_formula(index_market, book):
    lowest, highest = spx_books.SPOTS
    found = thresholds(book, index_market, TEN_POINT_BROAD_INDEX, lowest=lowest, highest=highest)
    for level, error in chains.ends(found):
        below, above = (
            excess_by_formula(book, index_market, at)
            for at in (level * (1.0 - 1e-6) - error, level * (1.0 + 1e-6) + error)
        )
        assert below * above < 0.0
    dense = np.linspace(lowest, highest, 1_501)
    short = excess_by_formula(book, index_market, dense) < 0.0
    assert np.count_nonzero(np.diff(short)) == len(list(chains.ends(found)))


def test_both_reports_run(capsys):
    coin = chains.beside(deribit_fall.FILE)
    assert deribit_books.main([str(coin)]) == 0
    assert re.search(
        r"70 calls, 69 right, 1 wrong\nwrong: 1 by volatility", capsys.readouterr().out
    )
    assert spx_books.main([str(chains.beside(name)) for name in spx_books.FILES]) == 0
    printed = capsys.readouterr().out
    assert printed.count("sticky strike,") == len(spx_books.BOOKS)
    assert "danger reaches the present spot" in printed


def test_a_missing_chain_is_said(capsys):
    assert deribit_books.main(["/no/such/chain"]) == 2
    assert spx_books.main(["/no/such/chain", "/no/such/file"]) == 2
    assert "give the path" in capsys.readouterr().err
