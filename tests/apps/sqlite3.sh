# The sqlite3 shell on a file: transactions, indices, joins, window functions, JSON, full text.
exec 2>&1
sqlite3 t.db <<'END'
PRAGMA journal_mode = WAL;
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price REAL, kind INT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
INSERT INTO item SELECT i, printf('item-%05d', i), round((i * 7919 % 1000) / 7.0, 3), i % 10 FROM n;
CREATE INDEX by_kind ON item(kind, price);
SELECT count(*), sum(price), min(name), max(price) FROM item;
SELECT kind, count(*), round(avg(price), 4) FROM item GROUP BY kind ORDER BY kind;
EXPLAIN QUERY PLAN SELECT * FROM item WHERE kind = 3 AND price > 50;
SELECT a.name, b.name FROM item a JOIN item b ON b.id = a.id * 2 WHERE a.price = b.price ORDER BY 1 LIMIT 5;
SELECT id, price, rank() OVER (ORDER BY price DESC, id) AS r FROM item ORDER BY r LIMIT 4;
BEGIN; UPDATE item SET price = price * 2 WHERE kind = 1; SELECT total(price) FROM item; ROLLBACK;
SELECT total(price) FROM item;
SELECT json_extract('{"a":[1,2,{"b":3.5}]}', '$.a[2].b'), json_group_array(kind) FROM item WHERE id < 6;
CREATE VIRTUAL TABLE doc USING fts5(body);
INSERT INTO doc VALUES('the quick brown fox'), ('lazy dogs sleep'), ('a quick dog');
SELECT rowid, highlight(doc, 0, '[', ']') FROM doc WHERE doc MATCH 'quick' ORDER BY rowid;
DELETE FROM item WHERE id % 3 = 0;
VACUUM;
PRAGMA integrity_check;
SELECT count(*), hex(zeroblob(2)), typeof(1.0), 7 / 2, 7 % 3, 1e3, abs(-9223372036854775807);
.mode column
SELECT substr(name, 1, 6) AS n, upper(name) AS u, length(name) AS l FROM item LIMIT 2;
.dump doc
SELECT * FROM missing;
END
echo "exit $?"
sqlite3 t.db 'SELECT sqlite_version() > "3.30", count(*) FROM item'
