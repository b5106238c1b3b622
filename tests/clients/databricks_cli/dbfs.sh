# judges: dbfs-files
# Copies a tree to DBFS and back, with a file larger than one block.
mkdir -p tree/sub
head -c 2500000 /dev/urandom >tree/large.bin
echo text >tree/sub/small.txt
: >tree/empty
databricks fs mkdirs dbfs:/judged
databricks fs cp --recursive tree dbfs:/judged/tree
databricks fs ls dbfs:/judged/tree | sort | tr '\n' ' ' | grep -qx 'empty large.bin sub '
databricks fs cp --recursive dbfs:/judged/tree back
diff -r tree back
[ "$(databricks fs cat dbfs:/judged/tree/sub/small.txt)" = text ]
databricks fs mv dbfs:/judged/tree dbfs:/judged/moved
databricks fs rm --recursive dbfs:/judged
! databricks fs ls dbfs:/ | grep -qx judged
