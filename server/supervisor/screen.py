"""What ``up`` shows in the terminal; without a terminal, one line a finished step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.table import Table


class DemoAccount(Protocol):
    """An account to try the platform with, as the loader of the demo data reports it."""

    @property
    def tenant(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def password(self) -> str: ...


class Screen:
    """The terminal of one ``up``."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)

    def say(self, line: str) -> None:
        self._console.print(escape(line))

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        """Show ``title`` at work, with the details the block reports, and how long it took when it is done."""
        began = time.monotonic()
        with self._console.status(escape(title)) as status:
            yield lambda detail: status.update(f"{escape(title)}: [dim]{escape(detail)}[/]")
        self._console.print(f"[green]✓[/] {escape(title)} [dim]{time.monotonic() - began:.1f} s[/]")

    def welcome(self, url: str, accounts: Sequence[DemoAccount], *, accounts_file: str, logs: str) -> None:
        """The address, the accounts of the demo data and where to go on."""
        table = Table("tenant", "role", "username", "password", title="Accounts to try", title_justify="left")
        for account in accounts:
            table.add_row(account.tenant, account.role, account.username, account.password)
        self._console.print(table)
        self._console.print(f"\n[bold green]CivicGrid is up:[/] [bold]{escape(url)}/graphql[/]")
        self._console.print(f"  accounts   {escape(accounts_file)}")
        self._console.print(f"  logs       {escape(logs)}")
        self._console.print(f"  health     {escape(url)}/readyz")
        self._console.print("  try        the five-minute tour in README.md; Ctrl-C stops everything\n")
