"""One operation of a stream: an answer, or one after the other."""

from collections.abc import Awaitable, Callable
from typing import Any

from hub.schema.answering import Answering
from hub.schema.answers import Answer, Subscribed
from hub.schema.asked import Asked, BadRequestError
from hub.schema.streams.term import Term
from hub.store.feed import FellBehindError
from hub.store.mongo import StoreError
from hub.store.scope_monitor import viewing

Tell = Callable[[Answer], Awaitable[None]]

FELL_BEHIND: dict[str, Any] = {
    "message": "More has changed than you took. Subscribe again, and read anew what you show.",
    "extensions": {"code": "FELL_BEHIND"},
}


_UNAVAILABLE: dict[str, Any] = {
    "message": "The hub can't read what has changed now. Subscribe again.",
    "extensions": {"code": "UNAVAILABLE"},
}


async def begun(answering: Answering, term: Term, asked: Asked) -> Subscribed | Answer | None:
    """A subscription that is live, or why it is none; None for another operation, which `answered`
    answers."""
    if not answering.goes_on(asked["query"], asked.get("operationName")):
        return None
    with viewing(term.viewer.scope):
        return await answering.subscribe(term.viewer, *_parts(asked))


async def answered(answering: Answering, term: Term, asked: Asked) -> Answer:
    """The answer to a query or a mutation, for whoever may still have it."""
    await term.confirm()
    with viewing(term.viewer.scope):
        return await answering.answer(term.viewer, *_parts(asked))


async def told(term: Term, subscribed: Subscribed, tell: Tell) -> dict[str, Any] | None:
    """Tells what is subscribed to until that ends: then why, or None where it was enough.

    Raises AuthorityEndedError. Each answer leaves only while its viewer may have it.
    """
    with viewing(term.viewer.scope):
        try:
            while True:
                answer = await subscribed.next()
                await term.confirm()
                await tell(answer)
        except StopAsyncIteration:
            return None
        except BadRequestError as error:
            return dict(error.formatted)
        except FellBehindError:
            return FELL_BEHIND
        except StoreError:
            return _UNAVAILABLE
        finally:
            await subscribed.close()


def _parts(asked: Asked) -> tuple[str, dict[str, Any], str | None]:
    return asked["query"], asked.get("variables") or {}, asked.get("operationName")
