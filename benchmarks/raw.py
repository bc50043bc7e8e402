"""What users write today: sandboxes made at once with a vendor's SDK; how many, and which vendor's, are arguments."""

import sys
from concurrent.futures import ThreadPoolExecutor

count, backend = int(sys.argv[1]), sys.argv[2]
if backend == "daytona":
    from daytona import Daytona

    daytona = Daytona()

    def create() -> object:
        return daytona.create()

else:
    from e2b import Sandbox

    def create() -> object:
        return Sandbox.create()


with ThreadPoolExecutor(count) as pool:
    for made in [pool.submit(create) for _ in range(count)]:
        made.result()
