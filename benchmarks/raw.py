"""What users write today: sandboxes made at once with a vendor's SDK; how many, and which vendor's, are arguments."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

count, backend = int(sys.argv[1]), sys.argv[2]
create: Callable[[], Any]
if backend == "daytona":
    from daytona import Daytona

    create = Daytona().create
else:
    from e2b import Sandbox

    create = Sandbox.create
with ThreadPoolExecutor(count) as pool:
    for made in [pool.submit(create) for _ in range(count)]:
        made.result()
