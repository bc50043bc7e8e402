"""What users write today: as many sandboxes as the first argument says, at once, with the vendor's SDK."""

import sys
from concurrent.futures import ThreadPoolExecutor

from daytona import Daytona

daytona = Daytona()
count = int(sys.argv[1])
with ThreadPoolExecutor(count) as pool:
    for made in [pool.submit(daytona.create) for _ in range(count)]:
        made.result()
