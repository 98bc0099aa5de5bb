"""Entries of claims in a file, and the contracts that they stand for."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from margin.claim_contract import ClaimContract, ContractBarrier
from margin.files.errors import Report
from margin.files.explain import attempt, checked
from margin.files.moments import resolved
from margin.files.schema import BarrierEntry, ClaimEntry, Header, PayoffEntry
from margin.instrument import Settlement
from pdesolve import Exercise, Knock, Paid, Payoff, Right

__all__ = ["claim_content", "claim_of"]


def claim_of(
    entry: ClaimEntry, expiry: datetime, header: Header, report: Report
) -> ClaimContract | None:
    """The contract of an entry, or None with its faults reported.

    Parameters
    ----------
    entry : ClaimEntry
        As it stands in the file.
    expiry : datetime
        Its expiry as an instant.
    header : Header
        The file it stands in.
    report : Report
        Where it stands; grows by what cannot stand.

    Returns
    -------
    ClaimContract or None
    """
    before = len(report.findings)
    payoff = _payoff(entry, report)
    barrier = None
    if entry.barrier is not None:
        barrier = _barrier(entry.barrier, header, report.at("barrier"))
    if payoff is None or len(report.findings) > before:
        return None
    dates = _instants(entry.exercise_dates, header)
    exercise, settlement = Exercise[entry.style.upper()], Settlement(entry.settle)
    terms = entry.underlying, payoff, expiry, exercise, dates, barrier, settlement
    return attempt(partial(ClaimContract, *terms), report)


def claim_content(contract: ClaimContract) -> dict[str, object]:
    """What stands in a file for a claim, besides underlying, quantity, multiplier and volatility.

    Parameters
    ----------
    contract : ClaimContract
        Any.

    Returns
    -------
    dict
    """
    payoff, barrier = contract.payoff, contract.barrier
    pieces = {name: getattr(payoff, name).tolist() for name in ("kinks", "intercepts", "slopes")}
    content: dict[str, object] = {
        "expiry": _written(contract.expiry),
        "payoff": pieces,
        "style": contract.exercise.value,
        "settle": contract.settlement.value,
    }
    if contract.exercise_dates:
        content["exercise_dates"] = [_written(each) for each in contract.exercise_dates]
    if barrier is None:
        return content
    levels = {"lower": barrier.lower, "upper": barrier.upper}
    terms: dict[str, object] = {name: level for name, level in levels.items() if level is not None}
    terms |= {"knock": barrier.knock.value, "rebate": barrier.rebate, "paid": barrier.paid.value}
    terms |= {"dates": [_written(each) for each in barrier.dates], "touched": barrier.touched}
    return content | {"barrier": terms}


def _payoff(entry: ClaimEntry, report: Report) -> Payoff | None:
    """What the entry says is paid: piece by piece, or by right and strike."""
    if entry.payoff is not None:
        for name in ("right", "strike", "pays"):
            if getattr(entry, name) is not None:
                report.at(name).add("the payoff states it already; remove one.")
        here = report.at("payoff")
        pieces = checked(PayoffEntry, entry.payoff, here)
        return None if pieces is None else attempt(partial(Payoff, **pieces.model_dump()), here)
    for name in ("right", "strike"):
        if getattr(entry, name) is None:
            report.at(name).add("missing; give right and strike, or payoff.")
    if entry.right is None or entry.strike is None:
        return None
    right = Right[entry.right.upper()]
    if entry.pays == "cash":
        return Payoff.cash_digital(right, entry.strike, entry.cash)
    if entry.pays == "asset":
        return Payoff.asset_digital(right, entry.strike)
    return Payoff.vanilla(right, entry.strike)


def _barrier(content: object, header: Header, report: Report) -> ContractBarrier | None:
    terms = checked(BarrierEntry, content, report)
    if terms is None:
        return None
    fields = {name: getattr(terms, name) for name in type(terms).model_fields} | {
        "knock": Knock(terms.knock),
        "paid": Paid(terms.paid),
        "dates": _instants(terms.dates, header),
    }
    return attempt(partial(ContractBarrier, **fields), report)


def _instants(dates: Sequence[date], header: Header) -> tuple[datetime, ...]:
    return tuple(resolved(each, header.expiry_time) for each in dates)


def _written(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")
