"""Whether a document that is to be registered could ever be answered."""

from __future__ import annotations

from graphql import GraphQLSchema

from schema.documents.limits import LIMITS
from schema.documents.memory import Documents
from server.documents.service import Check
from tenants.clients import Client


def check_of(schema: GraphQLSchema) -> Check:
    """The check that registering a document asks: valid against the schema and within the limits of the client's plan."""
    documents = Documents(schema)

    def check(body: str, client: Client) -> str | None:
        errors = documents.check(body, LIMITS[client.plan]).errors
        return "; ".join(error.message for error in errors) or None

    return check
