"""A small server that speaks the protocol of the Hugging Face Hub, with repositories in memory."""

import base64
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class HubServer:
    """Serves on a free port of this machine, until `close`.

    Attributes:
        url: For the environment variable HF_ENDPOINT.
        repositories: Dictionary of `user/repo` to a list of commits; a commit is a dictionary of
            path to bytes.
        requests: List of method and path of each request.
    """

    def __init__(self):
        self.repositories = {}
        self.requests = []
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def commit_hash(commits):
    return hashlib.sha1(repr(sorted(commits[-1].items())).encode()).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.hub.requests.append((self.command, self.path))
        path = self.path.partition("?")[0]
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(/revision/.+)?", path):
            self._info(found[1])
        elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/tree/.+", path):
            self._tree(found[1])
        elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", path):
            self._file(found[1], found[2])
        else:
            self._refuse()

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self):
        self.hub.requests.append((self.command, self.path))
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/api/repos/create":
            asked = json.loads(content)
            name = f"{asked.get('organization') or 'me'}/{asked['name']}"
            self.hub.repositories.setdefault(name, [{}])
            self._json({"url": f"{self.hub.url}/{name}", "name": name, "id": name})
        elif self.path == "/api/validate-yaml":
            self._json({"errors": [], "warnings": []})
        elif "/preupload/" in self.path:
            files = json.loads(content)["files"]
            modes = {"uploadMode": "regular", "shouldIgnore": False, "oid": None}
            self._json({"files": [{"path": each["path"], **modes} for each in files]})
        elif found := re.match(r"/api/models/([^/]+/[^/]+)/commit/", self.path):
            self._commit(found[1], content)
        else:
            self._refuse()

    def _info(self, name):
        if name not in self.hub.repositories:
            return self._refuse("RepoNotFound")
        commits = self.hub.repositories[name]
        siblings = [{"rfilename": path} for path in commits[-1]]
        self._json({"id": name, "sha": commit_hash(commits), "siblings": siblings, "tags": []})

    def _tree(self, name):
        files = self.hub.repositories[name][-1].items()
        self._json(
            [
                {"type": "file", "path": path, "size": len(data), "oid": _etag(data)}
                for path, data in files
            ]
        )

    def _file(self, name, path):
        commits = self.hub.repositories.get(name)
        if not commits or path not in commits[-1]:
            return self._refuse("EntryNotFound")
        data = commits[-1][path]
        headers = {"ETag": f'"{_etag(data)}"', "X-Repo-Commit": commit_hash(commits)}
        self._answer(200, data, "application/octet-stream", headers)

    def _commit(self, name, content):
        commits = self.hub.repositories[name]
        files = dict(commits[-1])
        for line in map(json.loads, content.splitlines()):
            if line["key"] == "file":
                files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
        commits.append(files)
        oid = commit_hash(commits)
        self._json({"success": True, "commitOid": oid, "commitUrl": self._url(name, oid)})

    def _url(self, name, oid):
        return f"{self.hub.url}/{name}/commit/{oid}"

    def _json(self, value):
        self._answer(200, json.dumps(value).encode(), "application/json", {})

    def _refuse(self, code="EntryNotFound"):
        self._answer(404, b"{}", "application/json", {"X-Error-Code": code})

    def _answer(self, status, data, kind, headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Type": kind, "Content-Length": len(data)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *args):
        pass


def _etag(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
