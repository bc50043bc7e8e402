"""Dockerfiles that are put together in programs."""

from evolve_pulumi import Dockerfile


def test_each_step_adds_its_lines() -> None:
    built = (
        Dockerfile.debian_slim("3.13")
        .pip_install("flask>=3", "uvicorn", index_url="https://packages.example/simple")
        .run("useradd app", "mkdir /srv/app")
        .env({"GREETING": 'say "häi" for $5'})
        .workdir("/srv/app")
        .user("app")
        .entrypoint("python", "-m")
        .cmd("http.server", "3000")
    )
    assert built == (
        "FROM python:3.13-slim-bookworm\n"
        "RUN python -m pip install --no-cache-dir --index-url https://packages.example/simple 'flask>=3' uvicorn\n"
        "RUN useradd app\n"
        "RUN mkdir /srv/app\n"
        'ENV GREETING="say \\"häi\\" for \\$5"\n'
        "WORKDIR /srv/app\n"
        "USER app\n"
        'ENTRYPOINT ["python", "-m"]\n'
        'CMD ["http.server", "3000"]\n'
    )


def test_a_step_leaves_what_it_was_added_to_as_it_is() -> None:
    base = Dockerfile("FROM debian:13")
    assert base.run("true") == "FROM debian:13\nRUN true\n"
    assert base == "FROM debian:13"
