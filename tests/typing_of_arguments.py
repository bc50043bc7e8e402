"""What a type checker accepts and refuses of our arguments. Checked by `make check`, never run.

An ignore that is not needed is itself an error, so that each refusal is tested.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from pulumi import Output, ResourceOptions

from evolve_pulumi import DaytonaOptions, Health, Sandbox, Service, Timeouts


def accepted(text: Output[str], number: Output[int], labels: dict[str, str], ports: list[int]) -> None:
    box = Sandbox(
        "web",
        ResourceOptions(protect=True),
        name=text,
        labels={"fixed": "a", "later": text},
        env=labels,
        ports=[3000, number],
        public=True,
        timeouts=Timeouts(create_minutes=1.5),
        daytona=DaytonaOptions(ttl_minutes=number, auto_stop_minutes=0, language="python"),
    )
    Sandbox("other", ports=ports, opts=ResourceOptions(parent=box))
    Service("page", sandbox_id=box.id, command="run", port=3000, health=Health(path="/"))
    Service("plain", sandbox_id=box.id, command="run", port=3000, health={"path": "/", "status": 204})
    url: Output[str] = box.preview_url(3000)
    box.preview_urls.apply(lambda urls: urls["3000"])
    url.apply(print)


def refused() -> None:
    Sandbox("web", lables={})  # pyright: ignore[reportCallIssue]
    Sandbox("web", ports="3000")  # pyright: ignore[reportArgumentType]
    Sandbox("web", labels={"team": 3})  # pyright: ignore[reportArgumentType]
    Sandbox("web", daytona=DaytonaOptions(ttl=5))  # pyright: ignore[reportCallIssue]
    Sandbox("web", daytona={"language": "cobol"})  # pyright: ignore[reportArgumentType]
    Service("page", command="run", port=3000)  # pyright: ignore[reportCallIssue]
