"""One login's way to GitHub's API: asks again where that is safe, keeps to the limits, and reads what a no means.

What did not change is not sent again (ETags), and costs nothing. No other module holds a connection.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
from githubkit import GitHubCore, Response, UnauthAuthStrategy
from githubkit.exception import RequestError

from ...errors import ForgeAway
from ...ports import Clock, Random
from .asking import Answer, Json, Key, Params, Request, checked_address, is_limited, message_of, parsed, rows_of
from .limits import LIMITED, TRIES, Pace, is_outage, pause, spent, wanted_rest
from .refusals import No, Unsure, read_no, refusal

_VERSION = "2022-11-28"
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_KEPT = 512
"""Answers that are kept with their ETags."""
_HOPS = 3
MOST_PAGES = 300
"""Of any list: GitHub's own end before that, and a server without an end is none of its."""
_MOVED = frozenset({301, 302, 307, 308})
_NO_SUCCESS, _UNCHANGED, _UNAUTHORIZED, _ERROR = 300, 304, 401, 400
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class _Door(GitHubCore[UnauthAuthStrategy]):
    """The library with one connection pool for as long as we live, and no opinion on what an answer means."""

    _held: httpx.AsyncClient | None = None

    @asynccontextmanager
    async def get_async_client(self) -> AsyncIterator[httpx.AsyncClient]:
        if self._held is None:
            self._held = await self._create_async_client()
        yield self._held

    def _check_is_error(self, response: httpx.Response) -> bool:
        del response
        return False

    def _check_rate_limit(self, response: Response[object]) -> None:
        del response

    async def close(self) -> None:
        if self._held is not None:
            await self._held.aclose()
            self._held = None


class Client:
    """GitHub's API as one login sees it. Raises ForgeRefused and ForgeAway as the port says."""

    def __init__(self, *, api: str, key: Key, pace: Pace, clock: Clock, chance: Random) -> None:
        self.api = checked_address(api)
        self._key = key
        self._pace = pace
        self._clock = clock
        self._chance = chance
        self._kept: OrderedDict[str, tuple[str, Answer]] = OrderedDict()
        self._secret = ""
        self._door = _Door(
            base_url=self.api,
            user_agent="agentctl",
            timeout=_TIMEOUT,
            http_cache=False,
            auto_retry=False,
            follow_redirects=False,
        )

    async def close(self) -> None:
        """Close the connections; they are opened again where something is asked."""
        await self._door.close()

    async def look(self, path: str, params: Params | None = None, *, known: bool = True) -> Answer | None:
        """A read; None where nothing is there. Past our memory of answers where ``known`` is false."""
        answer = await self._exchange(
            Request(method="GET", url=path, what=f"show {path}", params=params or {}, known=known)
        )
        no = self._no(answer)
        if no is not None and no.absent:
            return None
        return self._good(answer, f"show {path}")

    async def walk(self, path: str, params: Params | None = None, *, inside: str = "") -> AsyncIterator[Json]:
        """Everything of a list, page by page; ``inside`` names the list where it is a part of the answer."""
        query = {"per_page": 100, **(params or {})}
        for page in range(1, MOST_PAGES + 1):
            answer = await self.look(path, {**query, "page": page})
            rows = rows_of(answer.body, inside) if answer is not None else []
            for row in rows:
                yield row
            link = answer.headers.get("link") if answer is not None else None
            # Whoever sends no links at all is asked until a page is not full.
            if 'rel="next"' not in link if link is not None else len(rows) < int(query["per_page"]):
                return
        raise ForgeAway(f"{path} has no end after {MOST_PAGES} pages.")

    async def write(self, method: str, path: str, body: object, *, what: str) -> Answer:
        """A write.

        Raises:
            Unsure: a POST may or may not have taken place; look, before it is done again.
        """
        request = Request(method=method, url=path, what=what, body=body, again=method != "POST", known=False)
        async with self._pace.writing():
            return self._good(await self._exchange(request), what)

    async def again(self, path: str, body: object, *, what: str) -> Answer:
        """A POST that is a write, and may be done twice as well as once."""
        async with self._pace.writing():
            return await self.mint(path, body, what=what)

    async def mint(self, path: str, body: object, *, what: str) -> Answer:
        """A POST that changes nothing anybody sees, such as a token's making: it may be done again."""
        return self._good(
            await self._exchange(Request(method="POST", url=path, what=what, body=body, known=False)), what
        )

    async def ask(self, query: str, variables: Json, *, what: str) -> Json:
        """A query or a mutation in GraphQL; each of ours may be asked twice."""
        body = {"query": query, "variables": dict(variables)}
        ask = self.again if query.startswith("mutation") else self.mint
        answer = await ask(self._graphql(), body, what=what)
        found = answer.body
        if not isinstance(found, Mapping) or found.get("errors") or not isinstance(found.get("data"), Mapping):
            errors = found.get("errors") if isinstance(found, Mapping) else None
            no = read_no(answer.status, answer.headers, {"errors": errors}, secrets=(self._secret,))
            raise refusal(no, what)
        data: Json = found["data"]
        return data

    async def end_of(self, path: str, *, most: int) -> str:
        """The last ``most`` bytes of a text that GitHub keeps elsewhere; empty where it does not give it."""
        answer = await self._exchange(Request(method="GET", url=path, what=f"show {path}", known=False))
        address = answer.headers.get("location", "")
        if answer.status not in _MOVED:
            return answer.body if isinstance(answer.body, str) and answer.status < _ERROR else ""
        if urlsplit(address).scheme != "https" and not self.api.startswith("http://"):
            return ""
        try:
            response = await self._door.arequest("GET", address, stream=True)
            raw = response.raw_response
            tail = b""
            try:
                async for piece in raw.aiter_bytes():
                    tail = (tail + piece)[-most:]
            finally:
                await raw.aclose()
        except (RequestError, httpx.HTTPError) as error:
            raise ForgeAway(f"GitHub did not give the log: {type(error).__name__}.") from error
        return tail.decode("utf-8", "replace") if raw.is_success else ""

    async def _exchange(self, request: Request) -> Answer:
        """Ask until there is an answer that is neither an outage nor a limit."""
        trouble = ""
        for tries in range(TRIES):
            await self._pace.ready(request.what)
            try:
                answer = await self._hop(request)
            except RequestError as error:
                trouble = f"the connection broke ({type(error.exc).__name__})"
                if not request.again and not isinstance(error.exc, _NOT_SENT):
                    raise self._unsure(request, trouble) from error
                await self._clock.sleep(pause(tries, self._chance))
                continue
            if (rest := self._limit(answer, tries)) is not None:
                trouble = f"its limit is reached for {rest:.0f} s"
                self._pace.rest(rest)
            elif is_outage(answer.status):
                trouble = f"HTTP {answer.status}"
                if not request.again:
                    raise self._unsure(request, trouble)
                await self._clock.sleep(pause(tries, self._chance))
            elif answer.status == _UNAUTHORIZED and tries == 0:
                self._key.forget()
            else:
                return answer
        resting = self._pace.resting
        raise ForgeAway(
            f"GitHub did not {request.what}: {trouble}; try again when {self.api} answers.", seconds=resting
        )

    def _limit(self, answer: Answer, tries: int) -> float | None:
        now = self._clock.now()
        if left := spent(answer.headers, now=now):
            self._pace.rest(left)
        rest = wanted_rest(answer.status, answer.headers, message_of(answer.body), now=now, tries=tries)
        if rest is None and is_limited(answer.body):  # GraphQL says it in a 200
            return left or LIMITED
        return rest

    async def _hop(self, request: Request) -> Answer:
        """One exchange, after whatever has moved inside this API; elsewhere we do not follow."""
        answer = await self._send(request)
        for _ in range(_HOPS):
            address = answer.headers.get("location", "")
            if answer.status not in _MOVED or not address.startswith(f"{self.api}/"):
                break
            answer = await self._send(replace(request, url=address, params={}))
        return answer

    async def _send(self, request: Request) -> Answer:
        self._secret = (authorization := await self._key.authorization()).partition(" ")[2]
        headers = {"Authorization": authorization, "X-GitHub-Api-Version": _VERSION}
        place = f"{request.url}?{sorted(request.params.items())}"
        kept = self._kept.get(place) if request.known else None
        if kept is not None:
            headers["If-None-Match"] = kept[0]
        response = await self._door.arequest(
            request.method, request.url, params=dict(request.params) or None, json=request.body, headers=headers
        )
        raw = response.raw_response
        if raw.status_code == _UNCHANGED and kept is not None:
            self._kept.move_to_end(place)
            return replace(kept[1], headers={**kept[1].headers, **dict(raw.headers)})
        answer = Answer(status=raw.status_code, headers=dict(raw.headers), body=parsed(raw.content))
        if request.known and raw.is_success and (tag := raw.headers.get("etag")):
            self._kept[place] = (tag, answer)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return answer

    def _good(self, answer: Answer, what: str) -> Answer:
        if (no := self._no(answer)) is not None:
            raise refusal(no, what)
        return answer

    def _no(self, answer: Answer) -> No | None:
        if answer.status < _NO_SUCCESS:
            return None
        return read_no(answer.status, answer.headers, answer.body, secrets=(self._secret,))

    def _unsure(self, request: Request, trouble: str) -> Unsure:
        return Unsure(f"GitHub did not say whether it did {request.what}: {trouble}.")

    def _graphql(self) -> str:
        if self.api.endswith("/api/v3"):
            return f"{self.api.removesuffix('/v3')}/graphql"
        return f"{self.api}/graphql"
