"""Which processes make up the running service, and with which settings each is started. Pure."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from casework.cli.children import ChildSpec
from casework.demo import accounts
from casework.settings import Settings

FLASK = (sys.executable, "-m", "flask", "--app", "app")
_LOOPBACK = ("127.", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Options:
    """What to start; `sms_port` is where the demo's double of the SMS provider listens."""

    host: str
    port: int
    demo: bool = False
    simulation: bool = False
    speed: float = 1.0
    sms_port: int = 0

    @property
    def visited_host(self) -> str:
        """The host under which this machine finds the service."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  (compared, not bound)

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the service."""
        host = self.visited_host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def sms_url(self) -> str:
        """Where the demo's texts can be read."""
        return f"http://127.0.0.1:{self.sms_port}"


def has_own_provider(environment: Mapping[str, str]) -> bool:
    """Whether the operator chose a channel: the demo keeps off it, for a text could reach a person."""
    return "GONGZHI_SMS" in environment or any(name.startswith("TWILIO_") for name in environment)


def demo_environment(options: Options, environment: Mapping[str, str]) -> dict[str, str]:
    """Answer the demo's settings less those that the operator made; texts go to a double of the provider."""
    if not options.demo:
        return {}
    wanted = {"GONGZHI_DEMO": "yes", "GONGZHI_PUBLIC_URL": options.url}
    if not has_own_provider(environment):
        wanted |= {
            "GONGZHI_SMS": "twilio",
            "GONGZHI_TWILIO_API_BASE": options.sms_url,
            "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "TWILIO_AUTH_TOKEN": "demo",
            "TWILIO_FROM": "+15005550006",
        }
    return {name: value for name, value in wanted.items() if name not in environment}


def processes(settings: Settings, options: Options, environment: Mapping[str, str]) -> list[ChildSpec]:
    """Say which processes to run; `environment` is the operator's.

    On SQLite one process serves and works in the background, because two that share the file starve each
    other. On PostgreSQL they are told apart and may be many. The simulation is an outsider in either case,
    and reads the texts of its crews from the double of the provider.
    """
    extra = demo_environment(options, environment)
    specs = [_web(settings, options, extra)]
    if not settings.one_process:
        numbers = range(1, settings.worker_processes + 1)
        specs += [ChildSpec(f"worker-{number}", (*FLASK, "work"), extra) for number in numbers]
    if options.demo and not has_own_provider(environment):
        specs += _outsiders(settings, options, extra)
    return specs


def greeting(options: Options, environment: Mapping[str, str]) -> list[str]:
    """Say where to go and as whom to sign in."""
    lines = ["", f"Gongzhi 共治 is ready: {options.url}/console/"]
    if options.demo:
        lines.append("Demo sign-ins:")
        lines += [f"  {user.name:<11} {user.password:<16} {user.title['en']}" for user in accounts.USERS]
        if not has_own_provider(environment):
            lines.append(f"Texts that the demo sends reach nobody and can be read at {options.sms_url}/")
        if not options.host.startswith(_LOOPBACK):
            lines.append("These passwords are public and this address is open to others: for a look only.")
    return [*lines, "Ctrl-C stops it.", ""]


def _web(settings: Settings, options: Options, extra: Mapping[str, str]) -> ChildSpec:
    command = [sys.executable, "-m", "casework.cli.serve"]
    command += ["--host", options.host, "--port", str(options.port)]
    if settings.one_process:
        command += ["--lock", settings.database_url.removeprefix("sqlite:///") + ".lock"]
    else:
        command += ["--processes", str(settings.web_processes)]
    return ChildSpec("web", tuple(command), extra)


def _outsiders(settings: Settings, options: Options, extra: Mapping[str, str]) -> list[ChildSpec]:
    double = (*FLASK, "dev", "fake-sms", "--port", str(options.sms_port))
    specs = [ChildSpec("fake-sms", double, extra)]
    if options.simulation:
        simulate = (sys.executable, "-m", "casework.demo", "--url", options.url, "--sms-url", options.sms_url)
        played = [part for folder in settings.scenarios for part in ("--scenarios", str(folder))]
        specs.append(ChildSpec("simulation", (*simulate, "--speed", f"{options.speed:g}", *played), extra))
    return specs
