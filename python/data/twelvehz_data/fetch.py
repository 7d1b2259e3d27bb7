"""`python -m twelvehz_data.fetch`: downloads one shard for a forked worker, which may not use the
S3 client that its parent had opened. Standard input: a pickle of the store, the shard, the path;
status 1 and a pickled CorpusError on the standard output where it fails."""

from __future__ import annotations

import pickle
import sys

from .errors import CorpusError


def main() -> int:
    store, shard, kept = pickle.load(sys.stdin.buffer)
    try:
        store.fetch_now(shard, kept)
    except CorpusError as error:
        sys.stdout.buffer.write(pickle.dumps(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
