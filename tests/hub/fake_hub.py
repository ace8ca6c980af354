"""A server on this machine that speaks as much of the Hugging Face Hub's API as uploading and downloading need."""

import base64
import hashlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self
from urllib.parse import unquote, urlsplit

TOKEN = "hf_of_a_test"


class FakeHub:
    """Repositories in memory; each upload is a commit."""

    def __init__(self) -> None:
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.private: dict[str, bool] = {}
        self.requests: list[str] = []
        """Method and path of what was asked for."""
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.answer(self)

            do_POST = do_HEAD = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> Self:
        Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def commit(self, repo_id: str) -> str:
        content = self.repositories[repo_id]
        return hashlib.sha1(repr(sorted(content.items())).encode()).hexdigest()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path = unquote(urlsplit(request.path).path)
        self.requests.append(f"{request.command} {path}")
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        parts = path.strip("/").split("/")
        if request.command == "POST" and request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _send(request, 403, {"error": "no right to write"})
        if parts[:2] == ["api", "validate-yaml"]:
            return _send(request, 200, {"errors": [], "warnings": []})
        if parts[:3] == ["api", "repos", "create"]:
            return self._create(request, json.loads(body))
        api = parts[:2] == ["api", "models"]
        repo_id, rest = "/".join(parts[2:4] if api else parts[:2]), parts[4:] if api else parts[2:]
        if repo_id not in self.repositories:
            return _send(request, 404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        files = self.repositories[repo_id]
        if rest[:1] == ["revision"] and rest[1] not in ("main", self.commit(repo_id)):
            return _send(request, 404, {"error": "no revision"}, {"X-Error-Code": "RevisionNotFound"})
        if not rest or rest[0] == "revision":
            siblings = [{"rfilename": name} for name in files]
            info = {"id": repo_id, "sha": self.commit(repo_id), "private": self.private.get(repo_id, False)}
            return _send(request, 200, info | {"siblings": siblings})
        if rest[0] == "tree":
            entries = [
                {"type": "file", "path": name, "size": len(content), "oid": _oid(content)}
                for name, content in files.items()
            ]
            return _send(request, 200, entries)
        if rest[0] == "resolve":
            return self._resolve(request, repo_id, "/".join(rest[2:]))
        if rest[0] == "preupload":
            names = [file["path"] for file in json.loads(body)["files"]]
            modes = [{"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in names]
            return _send(request, 200, {"files": modes})
        assert rest[0] == "commit", path
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        oid = self.commit(repo_id)
        return _send(request, 200, {"commitUrl": f"{self.url}/{repo_id}/commit/{oid}", "commitOid": oid})

    def _create(self, request: BaseHTTPRequestHandler, asked: dict[str, Any]) -> None:
        repo_id = f"{asked['organization']}/{asked['name']}"
        url = {"url": f"{self.url}/{repo_id}"}
        if repo_id in self.repositories:
            return _send(request, 409, {"error": "it exists"} | url)
        self.repositories[repo_id] = {}
        self.private[repo_id] = asked.get("private") is True or asked.get("visibility") == "private"
        return _send(request, 200, url)

    def _resolve(self, request: BaseHTTPRequestHandler, repo_id: str, name: str) -> None:
        content = self.repositories[repo_id].get(name)
        if content is None:
            return _send(request, 404, {"error": "no file"}, {"X-Error-Code": "EntryNotFound"})
        headers = {"ETag": f'"{_oid(content)}"', "X-Repo-Commit": self.commit(repo_id)}
        return _send(request, 200, content, headers)


def _oid(content: bytes) -> str:
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()


def _send(
    request: BaseHTTPRequestHandler, status: int, content: Any, headers: dict[str, str] | None = None
) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    request.send_response(status)
    for key, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
        request.send_header(key, value)
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(body)
