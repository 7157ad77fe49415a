"""The proxies that are measured beside each other, each on one processor unless it says otherwise.

`nginx` and `gatewright` pass requests on and do nothing else. `nginx-features` and `gatewright-features` do the same
work besides: one of 10,000 API keys, a request limit, a request id, X-Forwarded-*, a JSON access log; Gatewright has a
second limit (the stage's own), a quota's place, and metrics by stage and method as well.
"""

from .apis import MOCK_BODY, STAGE, THE_KEY, KEYS, define, deploy, key, large_document, small_document
from .processes import RELEASE, free_port, used_nanoseconds, resident_mib

NGINX = """
daemon off; master_process off; pid {folder}/{name}.pid; error_log {folder}/{name}.error;
worker_rlimit_nofile 20000;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; client_body_buffer_size 64k; server_tokens off;
  client_body_temp_path {folder}/{name}.body; proxy_temp_path {folder}/{name}.proxy;
  fastcgi_temp_path {folder}/{name}.f; uwsgi_temp_path {folder}/{name}.u; scgi_temp_path {folder}/{name}.s;
  {body}
}}
"""
UPSTREAM = """
upstream backend {{ server 127.0.0.1:{backend}; keepalive 1024; keepalive_requests 1000000000; keepalive_timeout 600s; }}
"""
FEATURES = """
log_format entry escape=json '{{"requestId":"$request_id","ip":"$remote_addr","requestTime":"$time_iso8601",'
  '"httpMethod":"$request_method","path":"$uri","status":$status,"responseLength":$body_bytes_sent,'
  '"responseLatency":$request_time,"userAgent":"$http_user_agent"}}';
map_hash_bucket_size 128; map_hash_max_size 65536;
map $http_x_api_key $known {{ default 0; include {keys}; }}
limit_req_zone $http_x_api_key zone=keys:10m rate=1000000r/s;
"""
FEATURED = """
add_header x-amzn-requestid $request_id; access_log {folder}/{name}.access entry buffer=64k flush=1s;
limit_req zone=keys burst=100000 nodelay; if ($known = 0) {{ return 403; }}
"""
PASSED_ON = """
proxy_set_header x-amzn-requestid $request_id; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Port $server_port;
"""


class Proxy:
    """A running proxy: its process, where it listens, and the path of each case."""

    def __init__(self, name, process, port, paths, tls_port=None):
        self.name, self.process, self.port, self.paths, self.tls_port = name, process, port, paths, tls_port

    @property
    def pid(self):
        return self.process.pid

    def url(self, case):
        if case in ("tls-get", "tls-new"):
            return f"https://127.0.0.1:{self.tls_port}{self.paths['get']}"
        return f"http://127.0.0.1:{self.port}{self.paths[case]}"

    def used(self):
        return used_nanoseconds(self.pid)

    def resident(self):
        return resident_mib(self.pid)


class Proxies:
    """Starts proxies in front of one backend."""

    def __init__(self, lab, proxy_cpus="0", load_cpus="1", binary=RELEASE / "gatewright"):
        self.lab, self.proxy_cpus, self.load_cpus, self.binary = lab, proxy_cpus, load_cpus, binary
        self.backend = free_port()
        body = f'server {{ listen 127.0.0.1:{self.backend} backlog=4096; location / {{ return 200 "{"x" * 1024}"; }} }}'
        self._nginx("backend", self.backend, body, load_cpus)
        self.certificate, self.private_key = self._certificate()

    def start(self, name):
        """One of: nginx, nginx-features, haproxy, bare, gatewright, gatewright-features, crowded, crowded-features."""
        match name.split("-"):
            case ["nginx"] | ["nginx", "features"]:
                return self.nginx(name)
            case ["haproxy"]:
                return self.haproxy()
            case ["bare"]:
                return self.bare()
            case ["gatewright" | "crowded", *_]:
                return self.gatewright(name)
        raise SystemExit(f"{name} is no proxy")

    def nginx(self, name):
        port, tls_port, folder = free_port(), free_port(), self.lab.folder
        http, server, passed_on = UPSTREAM.format(backend=self.backend), "", ""
        if name.endswith("-features"):
            keys = folder / f"{name}.keys"
            keys.write_text("".join(f"{key(number)} 1;\n" for number in range(KEYS)))
            http += FEATURES.format(keys=keys)
            server, passed_on = FEATURED.format(folder=folder, name=name), PASSED_ON
        body = f"""{http}
          server {{
            listen 127.0.0.1:{port} backlog=4096; listen 127.0.0.1:{tls_port} ssl backlog=4096;
            ssl_certificate {self.certificate}; ssl_certificate_key {self.private_key};
            ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:tls:10m; {server}
            location = /mock {{ default_type application/json; return 200 '{MOCK_BODY}'; }}
            location / {{ proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; {passed_on} }}
          }}"""
        process = self._nginx(name, port, body, self.proxy_cpus)
        return Proxy(name, process, port, {"get": "/", "post": "/", "mock": "/mock"}, tls_port)

    def haproxy(self):
        port, body, config = free_port(), MOCK_BODY.replace('"', '\\"'), self.lab.folder / "haproxy.cfg"
        config.write_text(
            f"global\n nbthread 1\n maxconn 8000\n"
            f"defaults\n mode http\n option http-keep-alive\n http-reuse always\n"
            f" timeout client 600s\n timeout server 600s\n timeout connect 5s\n"
            f"frontend front\n bind 127.0.0.1:{port} backlog 4096\n"
            f' http-request return status 200 content-type application/json string "{body}" if {{ path /mock }}\n'
            f" default_backend back\n"
            f"backend back\n server backend 127.0.0.1:{self.backend} pool-max-conn -1\n"
        )
        process = self.lab.spawn("haproxy", ["haproxy", "-f", config], self.proxy_cpus)
        self.lab.wait_for(port, "haproxy")
        return Proxy("haproxy", process, port, {"get": "/", "post": "/", "mock": "/mock"})

    def bare(self):
        """Gatewright's listener and backend client with nothing between them."""
        port = free_port()
        command = [RELEASE / "examples/bare_proxy", f"127.0.0.1:{port}", f"http://127.0.0.1:{self.backend}", 1]
        process = self.lab.spawn("bare", command, self.proxy_cpus)
        self.lab.wait_for(port, "bare")
        return Proxy("bare", process, port, {"get": "/", "post": "/", "mock": "/mock"})

    def gatewright(self, name, cpus=None, workers=1, data=None):
        """`crowded` is one of 1,000 APIs, 34 of them with 299 resources each."""
        port, tls_port = free_port(), free_port()
        config = self.lab.folder / f"{name}.toml"
        config.write_text(
            f'workers = {workers}\n[account_throttle]\nrate = 1e9\nburst = 2147483647\n'
            f'[tls]\ncertificate = "{self.certificate}"\nprivate_key = "{self.private_key}"\n'
        )
        data = data or self.lab.folder / f"{name}.data"
        command = [self.binary, "serve", "--data-dir", data, "--config", config,
                   "--listen", f"127.0.0.1:{port}", "--tls-listen", f"127.0.0.1:{tls_port}"]
        process = self.lab.spawn(name, command, cpus or self.proxy_cpus)
        self.lab.wait_for(port, name)
        endpoint = f"http://127.0.0.1:{port}"
        if name.startswith("crowded"):
            deploy(endpoint, [large_document()] * 34 + [small_document()] * 965)
        api = define(endpoint, f"http://127.0.0.1:{self.backend}/", name.endswith("-features"))
        stage = f"/_aws/execute-api/{api}/{STAGE}"
        paths = {"get": f"{stage}/proxied", "post": f"{stage}/proxied", "mock": f"{stage}/mock"}
        return Proxy(name, process, port, paths, tls_port)

    def _nginx(self, name, port, body, cpus):
        config = self.lab.folder / f"{name}.conf"
        config.write_text(NGINX.format(name=name, folder=self.lab.folder, body=body))
        process = self.lab.spawn(name, ["nginx", "-c", config, "-e", self.lab.folder / f"{name}.error"], cpus)
        self.lab.wait_for(port, name)
        return process

    def _certificate(self):
        """A certificate for localhost with a key of the curve P-256."""
        import subprocess

        certificate, private_key = self.lab.folder / "certificate.pem", self.lab.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "30",
                        "-keyout", private_key, "-out", certificate], check=True, capture_output=True)
        return certificate, private_key


HEADERS = {"x-api-key": THE_KEY}
