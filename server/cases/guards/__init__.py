"""What must hold beside the state before something is done to a case; each guard raises RuleViolation or is silent.

State guards look at the case alone and also decide what is offered (``rules.possible_actions``). Attempt guards look at
who tries with which words, and are asked only when the thing is tried.
"""
