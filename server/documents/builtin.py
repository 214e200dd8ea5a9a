"""The documents every caller may send everywhere, by their text or by their digest.

They are how somebody signs in while nothing is registered, and all that a stranger can do with them. Their texts are part
of the public contract (docs/api.md): a change would be a new document beside the old one.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.documents.rules import digest_of

_CREDENTIALS = (
    "{ credentials { accessToken accessExpiresAt refreshToken refreshExpiresAt } userErrors { code field message } }"
)
SIGN_IN = f"mutation SignIn($input: SignInInput!) {{ signIn(input: $input) {_CREDENTIALS} }}"
REFRESH_SESSION = (
    f"mutation RefreshSession($input: RefreshSessionInput!) {{ refreshSession(input: $input) {_CREDENTIALS} }}"
)
SIGN_OUT = "mutation SignOut { signOut(input: {}) { signedOut userErrors { code field message } } }"

BUILTIN: Mapping[str, str] = {digest_of(text): text for text in (SIGN_IN, REFRESH_SESSION, SIGN_OUT)}
