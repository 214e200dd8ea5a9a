"""What each value of the enumerations of access means; see ``schema.enum_values``."""

from __future__ import annotations

from collections.abc import Mapping

DESCRIPTIONS: Mapping[str, Mapping[str, str]] = {
    "AccessWhy": {
        "GIVES": "The role gives it here.",
        "TAKES_PART": "The person sees the case by a part in it: claimed, handled, reported, or their department's share.",
        "ELSEWHERE": "The role gives it, but in another place.",
        "NOT_BEGUN": "The role gives it, but the term is still to begin.",
        "ENDED": "The role gave it; the term is over.",
        "POSTING_MISSING": "The role gives it, but only to members posted to the place.",
        "NOT_DELEGATED": "The role gives it, but not to a substitute: what gives rights is not delegated.",
        "UNSEEN": "The case does not exist for the person, whatever their roles.",
        "NO_ROLE": "No role that the person has or had gives it.",
        "NO_ACCOUNT": "There is no account to sign in with.",
        "ACCOUNT_DISABLED": "The account may not sign in.",
        "AUTHENTICATOR_MISSING": "A role demands an authenticator that the account has not; until then none is in force.",
        "MEMBER_LEFT": "The member has left.",
        "HEALTH_BY_DESIGN": "Health data are outside every ordinary role, the administrator's included.",
        "SEALED_BY_DESIGN": "Sealed matters are outside every ordinary role, the administrator's included.",
        "SUPPORT": "The city lets this operator of the platform look at it for some hours.",
    },
    "SupportAccessOrder": {"REQUESTED_DESC": "The newest first."},
    "SupportStatus": {
        "REQUESTED": "The city has not answered.",
        "APPROVED": "The city has given leave, until it ends.",
        "REFUSED": "The city has given no leave.",
        "ENDED": "The city has taken the leave back.",
    },
}
