"use strict";

// Starts GraphiQL on this server's /graphql. ?query= and ?variables= fill the editors, so that a link can show a query;
// a token goes into the header editor, {"authorization": "Bearer ..."}, and is not kept.
(() => {
  const asked = new URLSearchParams(location.search);
  const socket = location.origin.replace(/^http/, "ws");
  const fetcher = GraphiQL.createFetcher({ url: "/graphql", subscriptionUrl: `${socket}/graphql` });
  const explorer = React.createElement(GraphiQL, {
    fetcher,
    query: asked.get("query") ?? undefined,
    variables: asked.get("variables") ?? undefined,
    defaultQuery: "# Sign in with signIn, then paste the access token below, under Headers:\n"
      + '# {"authorization": "Bearer ..."}\n\nquery Viewer {\n  viewer {\n    username\n    roles\n  }\n}\n',
    defaultEditorToolsVisibility: "headers",
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
  });
  ReactDOM.createRoot(document.getElementById("graphiql")).render(explorer);
})();
