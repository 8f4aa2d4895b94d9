set -e
cp -R "$1" "$2"
cd "$2"
chmod -R u+w .
# The release's own programs would be taken for what is built here.
rm -rf bin pkg/tool pkg/obj
(cd src && bash ./make.bash)
# Programs for another system lie in a folder of their own.
if [ -d "bin/${GOOS}_$GOARCH" ]; then
  mv "bin/${GOOS}_$GOARCH" own
  rm -rf bin
  mv own bin
fi
# What was compiled on the way.
rm -rf pkg/obj pkg/bootstrap
