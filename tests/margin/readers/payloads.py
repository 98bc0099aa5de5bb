"""Small accounts in the words of venues and brokers, made up for the tests."""

import json
from datetime import UTC, datetime

ASOF = datetime(2026, 11, 20, 12, tzinfo=UTC)
STAMP = int(ASOF.timestamp() * 1000)


def position(name, size, **fields):
    direction = "buy" if size > 0 else "sell"
    return {"instrument_name": name, "size": size, "direction": direction, **fields}


PUT, CALL = "BTC-26MAR27-70000-P", "BTC-26MAR27-110000-C"
POSITIONS = [
    position(PUT, -2.0, kind="option", mark_price=0.031, index_price=90_000.0, average_price=0.04),
    position(CALL, -1.0, kind="option", mark_price=0.052, index_price=90_010.0, average_price=0.05),
    position(
        "BTC-PERPETUAL",
        -50_000.0,
        kind="future",
        mark_price=90_020.0,
        index_price=90_000.0,
        average_price=91_000.0,
    ),
    position(
        "BTC-26MAR27",
        20_000.0,
        kind="future",
        mark_price=91_500.0,
        index_price=90_000.0,
        average_price=91_000.0,
        size_currency=0.2186,
    ),
]
SUMMARY = {
    "currency": "BTC",
    "equity": 4.2,
    "balance": 4.3,
    "margin_balance": 4.2,
    "options_value": -0.114,
    "margin_model": "segregated_sm",
}
TICKERS = [
    {
        "instrument_name": PUT,
        "mark_price": 0.031,
        "mark_iv": 61.5,
        "underlying_price": 91_500.0,
        "index_price": 90_000.0,
        "timestamp": STAMP,
    },
    {"instrument_name": CALL, "mark_price": 0.052, "mark_iv": 55.0, "underlying_price": 91_500.0},
]
DERIBIT = {"positions": {"jsonrpc": "2.0", "result": POSITIONS}, "summary": SUMMARY, "t": TICKERS}

FLEX = """<?xml version="1.0" encoding="UTF-8"?>
<FlexQueryResponse queryName="q" type="AF"><FlexStatements count="1">
<FlexStatement accountId="U777" fromDate="20261120" toDate="20261120">
<AccountInformation accountId="U777" currency="USD" accountCapabilities="Portfolio Margin"/>
<EquitySummaryInBase><EquitySummaryByReportDateInBase reportDate="20261120" cash="12000.5"
 total="80000"/></EquitySummaryInBase>
<OpenPositions>
<OpenPosition assetCategory="STK" symbol="AAPL" currency="USD" fxRateToBase="1" position="200"
 markPrice="268" multiplier="1" levelOfDetail="SUMMARY" side="Long" novel="x"/>
<OpenPosition assetCategory="OPT" symbol="AAPL  270115C00280000" underlyingSymbol="AAPL"
 currency="USD" fxRateToBase="1" position="-2" markPrice="9.4" multiplier="100" strike="280"
 expiry="20270115" putCall="C" levelOfDetail="SUMMARY" side="Short"/>
<OpenPosition assetCategory="OPT" symbol="AAPL  270115C00280000" underlyingSymbol="AAPL"
 currency="USD" position="-2" markPrice="9.4" multiplier="100" strike="280" expiry="20270115"
 putCall="C" levelOfDetail="LOT" side="Short"/>
</OpenPositions></FlexStatement></FlexStatements></FlexQueryResponse>
"""

STATEMENT = """Statement,Header,Field Name,Field Value
Statement,Data,Title,Activity Statement
Statement,Data,Period,"November 1, 2026 - November 20, 2026"
Account Information,Header,Field Name,Field Value
Account Information,Data,Account,U888
Account Information,Data,Account Capabilities,Margin
Account Information,Data,Base Currency,USD
Cash Report,Header,Currency Summary,Currency,Total,Securities,Futures
Cash Report,Data,Starting Cash,Base Currency Summary,1,1,0
Cash Report,Data,Ending Cash,Base Currency Summary,"12,000.50",12000.5,0
Open Positions,Header,DataDiscriminator,Asset Category,Currency,Symbol,Quantity,Mult,Cost Price,\
Cost Basis,Close Price,Value,Unrealized P/L,Code
Open Positions,Data,Summary,Stocks,USD,AAPL,200,1,250,50000,268,53600,3600,
Open Positions,Data,Lot,Stocks,USD,AAPL,200,1,250,50000,268,53600,3600,
Open Positions,Data,Summary,Equity and Index Options,USD,AAPL 15JAN27 280 C,-2,100,8,-1600,9.4,\
-1880,-280,
Open Positions,Total,,Stocks,USD,,,,,50000,,53600,3600,
"""

TABLE = """asof,kind,symbol,qty,price,vol,Notes
2026-11-20T21:00Z,stock,AAPL,200,268,,core
2026-11-20T21:00Z,option,AAPL  270115C00280000,-2,,0.31,covered
2026-11-20T21:00Z,option,AAPL 15JAN27 240 P,-3,4.2,,naked
2026-11-20T21:00Z,cash,USD,"12,000.50",,,
"""

VENUES = {
    "binance": [
        {"symbol": "BTCUSDT", "positionAmt": "-0.5", "entryPrice": "91000", "markPrice": "90000",
         "notional": "-45000", "updateTime": STAMP},
        {"totalWalletBalance": "20000"},
    ],
    "bybit": {"result": {"list": [{"symbol": "BTCUSDT", "side": "Sell", "size": "0.5",
        "avgPrice": "91000", "markPrice": "90000", "positionValue": "45000", "positionMM": "450",
        "updatedTime": str(STAMP)}]}},
    "okx": {"data": [{"instId": "BTC-USDT-SWAP", "pos": "50", "posSide": "short", "avgPx": "91000",
        "markPx": "90000", "notionalUsd": "45000", "uTime": str(STAMP)}]},
    "bitmex": [{"symbol": "XBTUSD", "currentQty": -45000, "avgEntryPrice": 91000.0,
        "markPrice": 90000.0, "maintMarginReq": 0.005, "timestamp": "2026-11-20T12:00:00.000Z"}],
    "hyperliquid": {"time": STAMP, "crossMarginSummary": {"accountValue": "20500"},
        "assetPositions": [{"position": {"coin": "BTC", "szi": "-0.5", "entryPx": "91000",
        "positionValue": "45000"}}]},
    "derive": {"positions": [{"instrument_name": "BTC-PERP", "amount": "-0.5",
        "average_price": "91000", "mark_price": "90000", "mark_value": "-45000",
        "maintenance_margin": "900"}]},
    "kraken": {"serverTime": "2026-11-20T12:00:00.000Z", "openPositions": [{"side": "short",
        "symbol": "PI_XBTUSD", "price": 91000.0, "size": 45000.0, "fillTime": "x"}]},
}  # fmt: skip

FILES = {
    "deribit.json": json.dumps(DERIBIT),
    "flex.xml": FLEX,
    "statement.csv": STATEMENT,
    "positions.csv": TABLE,
} | {f"{name}.json": json.dumps(content) for name, content in VENUES.items()}
"""A file of every kind that is read."""
