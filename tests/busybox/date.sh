. "${0%/*}/common.inc"
date -u -d @0; date -u -d @1700000000 '+%Y-%m-%d %H:%M:%S %a %b %j %U %u %p %s %%'; date -u -d '2024-02-29 12:34:56' +%s; date -u -R -d @86400; date -u -I -d @1e3; TZ=EST5EDT date -d @1720000000; TZ=CET-1CEST,M3.5.0,M10.5.0/3 date -d @1720000000 '+%F %T %Z'
cal 2 2024; cal 9 1752; cal -m 12 2023
