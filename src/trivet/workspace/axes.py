"""Axes: the keys and buckets of stored plans, which the logged effects of changes name by number."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from trivet.core.ids import Digest, GrainName
from trivet.core.panel import Panel
from trivet.planning.rows import Axes

if TYPE_CHECKING:
    from trivet.workspace.workspace import Workspace


def axes_of(workspace: "Workspace") -> Axes:
    """Give what looks up the keys and buckets of a stored plan by its digest, once each."""
    versions = {version.digest: version.id for version in workspace.store.versions()}
    grains = tuple(dict.fromkeys(s.grain for s in workspace.registry.measures.values() if s.editable))

    @cache
    def axes(digest: Digest) -> Mapping[GrainName, Panel] | None:
        name = versions.get(digest)
        if name is None:
            return None
        return {grain: workspace.store.load_panel(name, grain, ()) for grain in grains}

    return axes
