# Not static after all.
FROM scratch
COPY programs/hello-glibc-amd64 /hello
ENTRYPOINT ["/hello"]
