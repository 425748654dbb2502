"""Whom the bot obeys, and who is told that it does not."""

import pytest
from agentctl.cli.bot.place import unheard
from agentctl.orchestrator.nouns.forge import Account, Login

ANN, BOT = Account(login="ann"), Account(login="agentctl[bot]", bot=True)


@pytest.mark.parametrize("login", [Login(way="token", account=ANN), Login(way="gh", account=ANN)])
def test_whose_own_login_the_bot_has_is_told_that_it_does_not_obey_them(login: Login) -> None:
    assert "what ann writes commands nothing" in unheard(login)


@pytest.mark.parametrize(
    "login", [Login(way="app", account=BOT), Login(way="action", account=BOT), Login(way="token", account=BOT)]
)
def test_an_app_and_a_workflow_speak_for_nobody_who_could_command(login: Login) -> None:
    assert unheard(login) == ""
