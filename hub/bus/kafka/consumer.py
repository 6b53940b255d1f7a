"""The client's consumer, mended where it and the broker agree on a group. Knows no position."""

from collections.abc import Callable, Generator

from kafka import KafkaConsumer
from kafka.coordinator.base import MemberState
from kafka.coordinator.consumer import ConsumerCoordinator
from kafka.future import Future

from hub.bus.kafka.client import Client


class Consumer(KafkaConsumer):  # type: ignore[misc]
    """The client's consumer with a coordinator that is mended."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self._coordinator.__class__ = _Coordinator  # nobody is asked which one to make

    def insist(self) -> None:
        """Do not forget that a join is under way.

        When news about topics started it and a poll ends before it does, the library takes the
        leader's half of it for the whole and waits for ever, until the broker throws it out.
        """
        self._coordinator.request_rejoin()


class _Join:
    """A join that stays under way, as the library sees it, until a poll has taken its result."""

    is_done = False

    def __init__(self, task: Client) -> None:
        self._task = task
        self.succeeded: Callable[[], bool] = task.succeeded
        self.add_callback: Callable[..., Client] = task.add_callback
        self.add_errback: Callable[..., Client] = task.add_errback

    def __await__(self) -> Generator[Client, None, Client]:
        return (yield from self._task.__await__())


class _Coordinator(ConsumerCoordinator):  # type: ignore[misc]
    """Runs in the client's own thread, while the polls that want to know of a join come and go.

    The library throws away what ended between two polls, good or bad, and joins again. When the
    leader of the group does so, all have to join again with it; members that are polled in short
    turns kept each other going that way for as long as chance would have it.
    """

    _join_task: Client
    coordinator_id: Client
    _outdated = False  # whether the group has gone on since the last join ended

    async def join_group_async(self, timeout_ms: float | None = None) -> bool:
        """Take the result of the join that an earlier poll began, unless it is worth nothing."""
        if isinstance(self._join_task, Future):
            self._join_task = _Join(self._join_task)
        if self._join_task and self._join_task.succeeded() and self._outdated:
            self._join_task = None
        return bool(await super().join_group_async(timeout_ms))

    async def maybe_leave_group_async(
        self, reason: str | None = None, timeout_ms: float | None = None
    ) -> None:
        """Leave while a join is under way, too.

        The broker answers the requests of a connection one after the other, and a join only when
        all others have joined as well. So this goes by the connection that records come by.
        """
        if self.state is MemberState.REBALANCING and self.coordinator_id is not None:
            self.coordinator_id = int(self.coordinator_id.removeprefix("coordinator-"))
        await super().maybe_leave_group_async(reason, timeout_ms)

    def request_rejoin(self) -> None:
        self._outdated = True
        super().request_rejoin()

    def reset_generation(self, *member: str, **named: str) -> None:
        self._outdated = True
        super().reset_generation(*member, **named)

    async def _do_join_and_sync_async(self) -> Client:
        """Show the broker from the end of a join on that we live, whenever the next poll is."""
        assignment = await super()._do_join_and_sync_async()
        self._outdated = False
        self.state = MemberState.STABLE
        self._enable_heartbeat()
        return assignment
