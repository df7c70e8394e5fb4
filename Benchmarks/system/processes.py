"""The processes that are measured, and what they cost."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARIES = Path(os.environ.get("BIN_DIR", ROOT / ".build" / "release"))
LOAD = ROOT / ".build" / "bench-load"
WORK = ROOT / ".build" / "bench"

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 10
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class BenchmarkError(Exception):
    """A measurement could not be made; the text says which and why."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tool(name):
    """The path of a command; daemons live in sbin directories, which are not on every user's PATH."""
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if path is None:
        raise BenchmarkError(f"{name} is missing; scripts/setup installs it")
    return path


def output(command, seconds_max=120):
    """What a command prints."""
    result = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=seconds_max)
    if result.returncode != 0:
        raise BenchmarkError(f"{command[0]} failed: {result.stderr.strip() or result.stdout.strip()}")
    return result.stdout


def load(*arguments):
    """What a command of the load generator measured."""
    return json.loads(output([LOAD, *arguments]))


class Process:
    """A running process with its CPU time; its output goes to a file beside its data."""

    def __init__(self, name, command, environment=None):
        self.name = name
        self.log_path = WORK / f"{name}.log"
        self._log = open(self.log_path, "wb")
        self._process = subprocess.Popen(
            [str(part) for part in command], env={**os.environ, **(environment or {})}, cwd=WORK,
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self._process.pid

    def stop(self):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._log.close()

    def require_alive(self):
        if self._process.poll() is not None:
            text = self.log_path.read_text(errors="replace")[-2000:]
            raise BenchmarkError(f"{self.name} ended with {self._process.returncode}: {text}")

    def cpu_seconds(self):
        """Of the process and the children it has (nginx' workers): utime and stime of /proc/PID/stat."""
        return sum(_cpu_seconds(pid) for pid in [self.pid, *_children(self.pid)])

    def resident_bytes(self):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise BenchmarkError(f"{self.name} has no VmRSS")


def _cpu_seconds(pid):
    # The fields behind the command's name, which stands in parentheses and may hold anything.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def _children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until(condition, what, process, seconds_max=START_SECONDS_MAX, step=0.005):
    deadline = time.monotonic() + seconds_max
    while not condition():
        process.require_alive()
        if time.monotonic() > deadline:
            raise BenchmarkError(f"{what} did not happen within {seconds_max} s")
        time.sleep(step)


def get(port, path):
    """Status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS_MAX)
    with contextlib.closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()


def is_ready(port):
    try:
        return get(port, "/readyz")[0] == 200
    except OSError:
        return False


def state(port):
    return json.loads(get(port, "/state")[1])


def metric(port, name):
    """One value of /metrics."""
    for line in get(port, "/metrics")[1].decode().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    raise BenchmarkError(f"port {port} has no metric {name}")


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Service(Process):
    def __init__(self, name, program, port, settings):
        self.port = port
        super().__init__(
            name, [BINARIES / program],
            {"HOST": "127.0.0.1", "PORT": str(port), "LOG_LEVEL": "warning", **settings})

    def wait_until_ready(self):
        wait_until(lambda: is_ready(self.port), f"{self.name} becoming ready", self)
        return self


def start_log(data, redis=None, **settings):
    url = f"redis://127.0.0.1:{redis.port}" if redis else ""
    values = {"DATA_DIR": str(data), "REDIS_URL": url, **settings}
    return Service("replication-log", "replication-log", free_port(), values).wait_until_ready()


def start_pod(number, log, redis=None, **settings):
    """Not ready yet."""
    url = f"redis://127.0.0.1:{redis.port}" if redis else ""
    values = {"REPLICATION_LOG_URL": f"http://127.0.0.1:{log.port}", "REDIS_URL": url,
              "REPLICA_ID": f"pod-{number}", "DRAIN_WINDOW": "0s", **settings}
    return Service(f"chat-server-{number}", "chat-server", free_port(), values)


def start_redis(name, *options):
    port = free_port()
    directory = fresh_directory(name)
    process = Process(name, [
        tool("redis-server"), "--port", port, "--bind", "127.0.0.1", "--dir", directory, "--save", "",
        *options])
    process.port = port
    wait_until(lambda: accepts(port), f"{name} listening", process)
    return process


def start_least_server(name, path):
    """Reads, appends to `path` and syncs it (`-`: neither), answers; looks at nothing."""
    port = free_port()
    process = Process(name, [LOAD, "serve", port, path])
    process.port = port
    wait_until(lambda: accepts(port), f"{name} listening", process)
    return process


NGINX = """
daemon off; worker_processes 1; pid {directory}/nginx.pid; error_log {directory}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; keepalive_timeout 75s;
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location = /empty {{ return 204; }}
    location / {{ root {files}; }}
  }}
}}
"""


def start_nginx(files):
    """Serves `files`, and 204 at /empty."""
    return start_configured_nginx("nginx", NGINX, files=files)


def start_configured_nginx(name, template, **values):
    port = free_port()
    directory = fresh_directory(name)
    configuration = directory / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    configuration.write_text(template.format(directory=directory, port=port, **values) + user)
    process = Process(
        name, [tool("nginx"), "-p", directory, "-c", configuration, "-e", directory / "error.log"])
    process.port = port
    wait_until(lambda: accepts(port), f"{name} listening", process)
    return process


NCHAN_MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
NCHAN = """
load_module {module};
daemon off; worker_processes 1; worker_rlimit_nofile 20000;
pid {directory}/nginx.pid; error_log {directory}/error.log;
events {{ worker_connections 16384; }}
http {{
  access_log off; tcp_nodelay on; keepalive_requests 100000000; keepalive_timeout 75s;
  nchan_shared_memory_size 64M;
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location = /publish {{ nchan_publisher; nchan_channel_id fanout; nchan_message_buffer_length 64; }}
    location = /subscribe {{
      nchan_subscriber websocket eventsource; nchan_channel_id fanout;
      nchan_subscriber_first_message newest;
    }}
  }}
}}
"""


def start_nchan(name="nchan"):
    """nginx with nchan: POST /publish, GET /subscribe; `worker` is the process that does the work."""
    if not NCHAN_MODULE.exists():
        raise BenchmarkError(f"{NCHAN_MODULE} is missing; scripts/setup installs it")
    process = start_configured_nginx(name, NCHAN, module=NCHAN_MODULE)
    wait_until(lambda: _children(process.pid), f"{name} having a worker", process)
    process.worker = _children(process.pid)[0]
    return process


def start_spreading_server(name, protocol):
    """Writes what is published to every subscriber (`ws` or `sse`); looks at nothing."""
    port = free_port()
    process = Process(name, [LOAD, "spread", protocol, port])
    process.port = port
    wait_until(lambda: accepts(port), f"{name} listening", process)
    return process


def fresh_directory(name):
    """An empty directory on the disk of the build: a file system in memory would sync for free."""
    directory = WORK / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory
