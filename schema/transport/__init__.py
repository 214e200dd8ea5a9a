"""How operations arrive and answers leave: GraphQL over HTTP and graphql-transport-ws."""
