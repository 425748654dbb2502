"""What is said on GitHub: comments, reviews, remarks on lines, and our own words among them."""

from collections.abc import Sequence

from ...errors import ForgeRefused
from ...nouns.forge import Comment, Remark, Review
from .place import Place, hidden, marked, read, read_all
from .refusals import Refused
from .shapes import CommentShape, RemarkShape, ReviewShape

_EYES = {"content": "eyes"}


class Talk(Place):
    """The part of the port about what is said."""

    async def comments(self, number: int) -> Sequence[Comment]:
        """Oldest first."""
        path = self._at("issues", number, "comments")
        found = [each async for each in self._client.walk(path)]
        return tuple(each.noun() for each in read_all(CommentShape, found))

    async def comment(self, comment: int) -> Comment | None:
        """As it stands now."""
        answer = await self._client.look(self._at("issues", "comments", comment))
        return read(CommentShape, answer.body).noun() if answer is not None else None

    async def reviews(self, number: int) -> Sequence[Review]:
        """Oldest first, without those that nobody has sent yet."""
        path = self._at("pulls", number, "reviews")
        found = [each async for each in self._client.walk(path)]
        return tuple(each.noun() for each in read_all(ReviewShape, found) if each.state.lower() != "pending")

    async def remarks(self, number: int) -> Sequence[Remark]:
        """Oldest first."""
        path = self._at("pulls", number, "comments")
        found = [each async for each in self._client.walk(path)]
        return tuple(each.noun() for each in read_all(RemarkShape, found))

    async def say(self, number: int, body: str, *, marker: str) -> Comment:
        """The first comment of ours with the marker, edited where it says something else."""
        text = marked(body, marker)
        what = f"comment on #{number} of {self._repo}"

        async def look() -> Comment | None:
            all_ = await self.comments(number)
            return next((each for each in all_ if self._ours(each.author) and hidden(marker) in each.body), None)

        async def make() -> Comment:
            path = self._at("issues", number, "comments")
            answer = await self._client.write("POST", path, {"body": text}, what=what)
            return read(CommentShape, answer.body).noun()

        mine = await self._once(look, make)
        if _same(mine.body, text):
            return mine
        path = self._at("issues", "comments", mine.id)
        answer = await self._client.write("PATCH", path, {"body": text}, what=f"edit our {what}")
        return read(CommentShape, answer.body).noun()

    async def reply(self, number: int, thread: int, body: str, *, marker: str) -> Remark:
        """Our reply in a thread with the marker, edited where it says something else."""
        text = marked(body, marker)
        what = f"answer a thread of #{number} of {self._repo}"

        async def look() -> Remark | None:
            all_ = [each for each in await self.remarks(number) if each.thread == thread]
            if not all_:
                raise ForgeRefused(f"#{number} of {self._repo} has no thread {thread} any more.")
            return next((each for each in all_ if self._ours(each.author) and hidden(marker) in each.body), None)

        async def make() -> Remark:
            path = self._at("pulls", number, "comments", thread, "replies")
            answer = await self._client.write("POST", path, {"body": text}, what=what)
            return read(RemarkShape, answer.body).noun()

        mine = await self._once(look, make)
        if _same(mine.body, text):
            return mine
        path = self._at("pulls", "comments", mine.id)
        answer = await self._client.write("PATCH", path, {"body": text}, what=f"edit our {what}")
        return read(RemarkShape, answer.body).noun()

    async def react(self, comment: int, *, remark: bool = False) -> None:
        """GitHub keeps one reaction of a kind; a comment that is gone needs none."""
        path = self._at("pulls" if remark else "issues", "comments", comment, "reactions")
        try:
            await self._client.again(path, _EYES, what=f"react to a comment in {self._repo}")
        except Refused as error:
            if not error.no.absent:
                raise


def _same(there: str, wanted: str) -> bool:
    """Whether two texts are one; forms on GitHub's pages write CRLF."""
    return there.replace("\r\n", "\n").strip() == wanted.strip()
