"""A corpus on S3: PyPI moto's server on the loopback address, once as it is and once behind a proxy
that answers 503 and cuts bodies. `python -m unittest discover -s tests_torch -t .`"""

from __future__ import annotations

import logging
import os
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest import mock
from urllib.request import Request, urlopen

import boto3
import numpy as np
import pyarrow.fs as pafs
from moto.server import ThreadedMotoServer
from tests.corpora import clip_codes
from tests.test_dataset import LENGTHS, Folder
from torch.utils.data import DataLoader
from twelvehz_data import TokenDataset, TokenStream, collate, store


class Hostile(BaseHTTPRequestHandler):
    """Hands requests on; the first of each kind is refused, the first body of each shard is cut."""

    protocol_version = "HTTP/1.1"
    target = ""
    faults: set[tuple[str, ...]] = set()

    def do_GET(self) -> None:
        if self._first("refused", self.command, self.path):
            return self._refuse()
        headers = {name: value for name, value in self.headers.items() if name.lower() in ("host", "range", "authorization")}
        with urlopen(Request(self.target + self.path, headers=headers, method=self.command)) as answer:
            content = answer.read()
            self.send_response(answer.status)
            for name in ("content-length", "content-range", "etag", "last-modified", "content-type"):
                if value := answer.headers.get(name):
                    self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = ".arrow" in self.path and self._first("cut", self.path)
        self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            self.close_connection = True

    do_HEAD = do_GET

    def _first(self, *what: str) -> bool:
        known = what in self.faults
        self.faults.add(what)
        return not known

    def _refuse(self) -> None:
        self.send_response(503)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


class OnS3(Folder):
    def setUp(self) -> None:
        super().setUp()
        environment = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true"}
        for patch in (mock.patch.dict(os.environ, environment, no_proxy="127.0.0.1"), mock.patch.object(store, "_FIRST_WAIT_SECONDS", 0)):
            patch.start()
            self.addCleanup(patch.stop)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
        server.start()
        self.addCleanup(server.stop)
        self.host = "{}:{}".format(*server.get_host_and_port())
        client = boto3.client("s3", endpoint_url=f"http://{self.host}", region_name="us-east-1")
        client.create_bucket(Bucket="speech")
        for file in self.path.iterdir():
            client.upload_file(str(file), "speech", f"a/corpus/{file.name}")

    def address(self, host: str) -> str:
        return f"s3://speech/a/corpus?scheme=http&endpoint_override={host}&region=us-east-1"

    def check(self, dataset: TokenDataset) -> None:
        for number, frames in enumerate(LENGTHS):
            np.testing.assert_array_equal(dataset.codes(number), clip_codes(number, frames))

    def test_an_address_is_enough(self) -> None:
        self.check(TokenDataset(self.address(self.host), cache_dir=self.folder / "cache"))

    def test_a_filesystem_can_be_given(self) -> None:
        filesystem = pafs.S3FileSystem(endpoint_override=self.host, scheme="http", region="us-east-1")
        self.check(TokenDataset("speech/a/corpus", filesystem=filesystem, cache_dir=self.folder / "cache", verify=True))

    def test_refusals_and_cut_bodies_change_nothing(self) -> None:
        Hostile.target = f"http://{self.host}"
        Hostile.faults.clear()
        proxy = ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        self.addCleanup(proxy.server_close)
        self.addCleanup(proxy.shutdown)
        self.check(TokenDataset(self.address(f"127.0.0.1:{proxy.server_port}"), cache_dir=self.folder / "cache", verify=True))
        self.assertEqual(sum(kind == "cut" for kind, *_ in Hostile.faults), 3)
        self.assertGreaterEqual(sum(kind == "refused" for kind, *_ in Hostile.faults), 5)

    def test_forked_workers_load_shards(self) -> None:
        dataset = TokenDataset(self.address(self.host), cache_dir=self.folder / "cache")
        stream = TokenStream(dataset, 4, collate=collate(pad=2048))
        loader = DataLoader(stream, batch_size=None, num_workers=2, multiprocessing_context="fork")
        names = [name for batch in loader for name in batch["id"]]
        self.assertEqual(sorted(names), sorted(f"clip-{number}" for number in range(len(LENGTHS))))


if __name__ == "__main__":
    unittest.main()
