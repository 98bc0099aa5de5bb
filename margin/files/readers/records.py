"""Records of a kind, wherever they lie in the answer of a venue."""

from collections.abc import Iterator, Mapping
from typing import Any

from margin.files.errors import Place, Report
from margin.files.readers.fields import Fields

__all__ = ["maps", "records"]


def maps(tree: Any, place: Place = ()) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every map of a tree with its place, from the outside in.

    Parameters
    ----------
    tree : object
        Maps and lists in one another.
    place : tuple
        Where the tree itself stands.

    Yields
    ------
    tuple of Place and dict

    Examples
    --------
    >>> from margin.files.readers.records import maps
    >>> [place for place, _ in maps({"result": [{"size": 1}, {"size": 2}]})]
    [(), ('result', 0), ('result', 1)]
    """
    if isinstance(tree, dict):
        yield place, tree
        for name, content in tree.items():
            yield from maps(content, (*place, name))
    elif isinstance(tree, list):
        for index, content in enumerate(tree):
            yield from maps(content, (*place, index))


def records(
    tree: Any, wanted: Mapping[str, tuple[str, ...]], report: Report
) -> dict[str, list[Fields]]:
    """Maps that hold all fields of a kind, by kind; each map is of the first kind that fits.

    Parameters
    ----------
    tree : object
        Maps and lists in one another.
    wanted : mapping of str to tuple of str
        Fields that show each kind.
    report : Report
        At the top of the tree.

    Returns
    -------
    dict of str to list of Fields
        Every kind has a list, perhaps an empty one.

    Examples
    --------
    >>> from margin.files.errors import Report
    >>> from margin.files.readers.records import records
    >>> found = records([{"size": 1}, {"price": 2}], {"position": ("size",)}, Report())
    >>> len(found["position"])
    1
    """
    found: dict[str, list[Fields]] = {kind: [] for kind in wanted}
    for place, content in maps(tree):
        kind = next((kind for kind, keys in wanted.items() if content.keys() >= {*keys}), None)
        if kind is not None:
            found[kind].append(Fields(content, report.at(*place)))
    return found
