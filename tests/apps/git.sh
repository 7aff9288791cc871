# git: init, a commit of 1,000 files (or as many as $1 says), gc, clone over a local path, merge.
set -e
count=${1:-1000}
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=C GIT_CONFIG_NOSYSTEM=1
export GIT_COMMITTER_EMAIL=c@example.org GIT_AUTHOR_DATE='1000000000 +0000' GIT_PAGER=cat
export GIT_COMMITTER_DATE='1000000000 +0000' HOME=$PWD
git init -q -b main repo
cd repo
awk -v n="$count" 'BEGIN { for (i = 1; i <= n; i++) { f = sprintf("file-%04d", i); for (j = 0; j < 20; j++) print i * j, "line", j > f; close(f) } }'
git add .
git commit -q -m 'all files'
git rev-parse HEAD
git ls-files | wc -l
git checkout -q -b topic
sed -i 's/line 3/changed/' file-000[1-5]
git commit -qam 'five changed'
git diff --stat main topic
git checkout -q main
echo more >> file-0009
git commit -qam 'one more'
git merge -q -m merged topic
git log --format='%h %s' --graph
git rev-parse HEAD
git gc -q
git count-objects -v | grep -E '^(count|in-pack|packs):'
git fsck 2>&1
cd ..
git clone -q "$PWD/repo" copy
git clone -q "file://$PWD/repo" copy2 2>&1
cd copy2
git log --oneline | wc -l
git status --short
git diff HEAD~1 -- file-0001 | tail -4
git grep -c changed | head -3
echo x > new; git stash -q -u; git stash pop -q; git status --short
git blame -s file-0001 | sed -n 4p
git archive HEAD | tar -t | wc -l
git rev-list --all --objects | wc -l
cd ..
diff -r repo copy2 -x .git -x new && echo "no difference"
