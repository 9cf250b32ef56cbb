"""What was acknowledged is there after a kill; what was cut short was not acknowledged."""

from email.message import EmailMessage
from pathlib import Path

from simulators.mail import MailCatcher
from simulators.phone import PhoneCatcher
from simulators.phone.messages import Messages


def a_mail(subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = "a@b.example", "c@d.example", subject, "<1@b>"
    mail.set_content("A line, and “another”.\n")
    return mail


def test_mails_are_there_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "mails"
    before = MailCatcher(journal=file)
    before.accept(a_mail("one"))
    before.accept(a_mail("two"))

    assert MailCatcher(journal=file).mails() == before.mails()


def test_texts_are_there_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "texts"
    taken = Messages(lambda: 1_795_000_000.5, file).take(account="AC1", sender="Mercato", to="+4930", body="Hello")

    assert PhoneCatcher(journal=file).texts() == [taken]


def test_what_was_forgotten_stays_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "mails"
    before = MailCatcher(journal=file)
    before.accept(a_mail("one"))
    before.clear()
    before.accept(a_mail("two"))

    assert [each.subject for each in MailCatcher(journal=file).mails()] == ["two"]


def test_a_line_that_a_kill_cut_short_is_not_there_and_spoils_no_other(tmp_path: Path) -> None:
    file = tmp_path / "mails"
    MailCatcher(journal=file).accept(a_mail("one"))
    with file.open("a") as out:
        out.write('{"sender": "a@b.exa')

    MailCatcher(journal=file).accept(a_mail("two"))

    assert [each.subject for each in MailCatcher(journal=file).mails()] == ["one", "two"]


def test_without_a_journal_nothing_is_written(tmp_path: Path) -> None:
    MailCatcher().accept(a_mail("one"))

    assert list(tmp_path.iterdir()) == []
