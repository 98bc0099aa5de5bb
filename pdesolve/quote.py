"""The answer to one pricing call: price, Greeks, their units and the error."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pdesolve.arguments import Number
from pdesolve.notebook import html_table

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes

__all__ = ["Quote"]

DAYS_PER_YEAR = 365.0

UNITS = {
    "price": "quote currency",
    "delta": "per 1 of spot",
    "gamma": "per 1 of spot, squared",
    "theta": "per year",
    "vega": "per 1.00 of volatility",
    "rho": "per 1.00 of rate",
    "dividend_rho": "per 1.00 of yield",
    "vanna": "per 1 of spot and 1.00 of volatility",
    "volga": "per 1.00 of volatility, squared",
    "charm": "delta per year",
    "theta_day": "per calendar day",
    "vega_pt": "per point of volatility",
    "rho_pt": "per point of rate",
    "gamma_pct": "delta per 1 % of spot",
    "delta_cash": "quote currency",
    "error": "quote currency, estimated",
    "residual": "of the equation, per year",
}


WIDTH = 80
SHOWN = ("spot", "price", "delta", "gamma", "theta_day", "vega_pt", "rho_pt", "error")
"""Columns of many options in a notebook."""


@dataclass(frozen=True, slots=True, eq=False)
class Quote:
    """Price and Greeks of options, each a float or an array.

    Raw Greeks are plain partial derivatives per unit of the underlying; desk Greeks are the
    properties `theta_day`, `vega_pt`, `rho_pt`, `gamma_pct` and `delta_cash`.

    Attributes
    ----------
    spot : float or array
        Spot in quote currency.
    price : float or array
        Value in quote currency per unit of the underlying.
    delta, gamma, theta, vega, rho, dividend_rho : float or array
        First derivatives by spot, calendar time in years, volatility, rate and yield, and the
        second by spot.
    vanna, volga, charm : float or array
        Derivative of delta by volatility, of vega by volatility, of delta by calendar time.
    error : float or array
        Estimated absolute error of the price, in quote currency; 0 for a closed form.
    residual : float or array
        What theta of the equation differs by from theta of the neighbouring solves, in quote
        currency per year: a check of all first derivatives at once.
    converged : bool or array of bool
        Whether the error met the tolerance asked for; true if none was.
    method : str
        How the numbers were found.
    """

    spot: Number
    price: Number
    delta: Number
    gamma: Number
    theta: Number
    vega: Number
    rho: Number
    dividend_rho: Number
    vanna: Number
    volga: Number
    charm: Number
    error: Number
    residual: Number
    converged: "bool | np.ndarray"
    method: str

    @property
    def theta_day(self) -> Number:
        """Change of the value per calendar day, in quote currency."""
        return self.theta / DAYS_PER_YEAR

    @property
    def vega_pt(self) -> Number:
        """Change of the value per point (0.01) of volatility, in quote currency."""
        return self.vega / 100.0

    @property
    def rho_pt(self) -> Number:
        """Change of the value per point (0.01) of rate, in quote currency."""
        return self.rho / 100.0

    @property
    def gamma_pct(self) -> Number:
        """Change of delta per 1 % of spot."""
        return self.gamma * self.spot / 100.0

    @property
    def delta_cash(self) -> Number:
        """Value of the underlying that hedges one unit, in quote currency."""
        return self.delta * self.spot

    def to_dict(self) -> dict[str, object]:
        """Return all numbers by name, arrays as lists, with the method.

        Returns
        -------
        dict
        """
        numbers = {name: np.asarray(getattr(self, name)).tolist() for name in ("spot", *UNITS)}
        return {**numbers, "converged": np.asarray(self.converged).tolist(), "method": self.method}

    def to_dataframe(self) -> "pandas.DataFrame":
        """Return one row per option, in the order of the flattened arrays.

        Returns
        -------
        pandas.DataFrame
            Columns as the attributes and desk Greeks; their units are in ``attrs["units"]``.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError('a frame needs pandas: pip install "pde-margin[pandas]"') from None
        columns = {name: np.atleast_1d(getattr(self, name)).ravel() for name in ("spot", *UNITS)}
        frame = pandas.DataFrame({**columns, "converged": np.atleast_1d(self.converged).ravel()})
        frame.attrs["units"] = {"spot": "quote currency", **UNITS}
        return frame

    def plot(self, name: str = "price", ax: "Axes | None" = None) -> "Axes":
        """Draw one of the numbers against spot.

        Parameters
        ----------
        name : str
            An attribute or a desk Greek.
        ax : matplotlib axes, optional
            Where to draw.

        Returns
        -------
        matplotlib axes

        Raises
        ------
        ValueError
            If there is no such number, or the options are no row with several spots.
        """
        if name not in UNITS:
            raise ValueError(f"name must be one of {', '.join(UNITS)}, got {name!r}")
        spots, values = np.broadcast_arrays(self.spot, getattr(self, name))
        if spots.ndim != 1 or np.ptp(spots) == 0.0:
            raise ValueError(f"a plot needs a row of options at several spots, got {self.spot!r}")
        if ax is None:
            import matplotlib.pyplot as plt

            ax = plt.subplots(layout="constrained")[1]
        order = np.argsort(spots)
        ax.plot(spots[order], values[order])
        ax.set(xlabel="spot (quote currency)", ylabel=f"{name} ({UNITS[name]})")
        ax.grid(alpha=0.25)
        return ax

    def __repr__(self) -> str:
        if np.ndim(self.price):
            shape = "x".join(str(length) for length in np.shape(self.price))
            prices = np.array2string(np.asarray(self.price), max_line_width=WIDTH, prefix="price ")
            return f"Quote of {shape} options by {self.method}\nprice {prices}"
        lines = [f"{'spot':<13}{self.spot:>16.8g}  quote currency"]
        lines += [f"{name:<13}{getattr(self, name):>16.8g}  {unit}" for name, unit in UNITS.items()]
        if not self.converged:
            lines.append("the tolerance asked for was not met")
        return "\n".join([*lines, f"by {self.method}"])

    def _repr_html_(self) -> str:
        if np.ndim(self.price):
            columns = [np.broadcast_to(getattr(self, name), np.shape(self.price)) for name in SHOWN]
            rows = zip(*(column.ravel().tolist() for column in columns), strict=True)
            units = {"spot": "quote currency", **UNITS}
            heads = [f"{name}, {units[name]}" for name in SHOWN]
            return html_table("", heads, rows, notes=f"by {self.method}")
        listed = [("spot", float(self.spot), "quote currency")]
        listed += [(name, float(getattr(self, name)), unit) for name, unit in UNITS.items()]
        met = "" if self.converged else "the tolerance asked for was not met\n"
        return html_table("", ("", "", "unit"), listed, notes=f"{met}by {self.method}")
