"""How many rows a list has, as far as anybody counts: a number of many thousands tells nobody more than that it is."""

from typing import Any

from django.db import connection
from django.db.models import IntegerField, QuerySet, Subquery

from gallery import search
from gallery.formats import number
from gallery.models import ImageDocument, User, kept_sql
from gallery.models.image import ImageQuerySet

#: Beyond these nobody counts: a database visits every row that it counts.
MOST = 1_000


def of_rows(rows: QuerySet[Any], most: int = MOST) -> str:
    """`243`, or `more than 1 000`."""
    return up_to(rows.order_by()[: most + 1].count(), most)


def of_pictures(images: ImageQuerySet, query: search.Query) -> str:
    """The same of those that the gallery shows of `query`.

    Counted from the newest on, as they are shown, where no index has what is asked: SQLite else takes any, and for
    what nobody has rated the one that begins with all that somebody has. PostgreSQL knows how many there are.
    """
    if connection.vendor != "sqlite" or any(each.is_sought for each in query.filters):
        return of_rows(images)
    return up_to(images.order_by(f"-{images.key}")[: MOST + 1].count(), MOST)


def of_documents(asked: str, member: User) -> str:
    """The same of the search documents that hold what they are `asked` for; its SQL is kept."""

    def write(owner: int, text: str) -> QuerySet[User, Any]:
        documents = ImageDocument.objects.filter(terms__matches=text).order_by().values("pk")
        one = User.objects.filter(pk=owner).order_by()
        return one.annotate(count=Capped(documents[: MOST + 1])).values_list("count")

    ((count,),) = kept_sql.ask("documents", write, member.pk, asked)
    return up_to(count, MOST)


def up_to(count: int, most: int) -> str:
    """`87`, or `more than 50` where `count` is above `most`."""
    return number(count) if count <= most else f"more than {number(most)}"


class Capped(Subquery):
    """Counts the rows of a query in the database; whoever builds it cuts it off, and so bounds what is visited."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) capped)"
    output_field = IntegerField()
    # Of what cannot be found at all the database is not asked.
    empty_result_set_value = 0
