FROM scratch
COPY programs/hello-static-amd64 /hello
ENTRYPOINT ["/hello"]
