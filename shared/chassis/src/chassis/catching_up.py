"""Whether a service has read what stood in the log when it started: not that nothing more came."""

from collections.abc import Awaitable, Callable, Mapping

from chassis.reading import Partition

Standing = Callable[[], Awaitable[Mapping[Partition, tuple[int, int]]]]
"""Of each partition how far it is taken and where it ends; raises while nobody can tell."""


class CatchingUp:
    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._ends: dict[Partition, int] | None = None

    async def is_done(self) -> bool:
        standing = await self._standing()
        if self._ends is None:
            self._ends = {key: end for key, (_, end) in standing.items()}
        return all(standing[key][0] >= end for key, end in self._ends.items())
