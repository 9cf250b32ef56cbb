"""The engine by the side door is SQLAlchemy's own."""

import subprocess
import sys


def loaded(code: str) -> str:
    """In a process of its own: what is loaded first makes the difference."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True).stdout


def test_the_engine_comes_without_the_orm() -> None:
    assert loaded("import sys, chassis.async_engine; print('sqlalchemy.orm' in sys.modules)") == "False\n"


def test_who_imports_the_whole_package_later_gets_all_of_it_and_the_same_classes() -> None:
    said = loaded("""if True:
        from chassis import async_engine as ours
        import sqlalchemy.ext.asyncio as whole
        same = ("AsyncConnection", "AsyncEngine", "create_async_engine")
        print(all(getattr(whole, name) is getattr(ours, name) for name in same), whole.AsyncSession.__name__)
    """)
    assert said == "True AsyncSession\n"


def test_who_has_imported_the_whole_package_before_keeps_it() -> None:
    said = loaded("""if True:
        import sys, sqlalchemy.ext.asyncio as whole
        from chassis import async_engine as ours
        print(sys.modules["sqlalchemy.ext.asyncio"] is whole, ours.AsyncEngine is whole.AsyncEngine)
    """)
    assert said == "True True\n"
