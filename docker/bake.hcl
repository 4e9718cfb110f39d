# The image of pqcheck itself, by `docker buildx bake -f docker/bake.hcl` in the root of the repository:
#
#     docker buildx bake -f docker/bake.hcl --load amd64 arm64     two images of the engine, as `make image` makes them
#     docker buildx bake -f docker/bake.hcl                        one name for both platforms, as an OCI archive
#     docker buildx bake -f docker/bake.hcl source                 the same from source
#
# Knows nothing of the services.

variable "VERSION" { default = "0.1.0" }
variable "REVISION" { default = "unknown" }
# The compiler of the build from source.
variable "BUILDER" { default = "rust:1.95.0-slim-trixie" }

group "default" {
  targets = ["both"]
}

target "one" {
  context    = "."
  dockerfile = "docker/Dockerfile"
  target     = "prebuilt"
  args = {
    VERSION  = VERSION
    REVISION = REVISION
    # With `rewrite-timestamp` below (BuildKit 0.13), the same binary gives the same layer.
    SOURCE_DATE_EPOCH = "0"
  }
}

target "amd64" {
  inherits  = ["one"]
  platforms = ["linux/amd64"]
  tags      = ["pqcheck:latest"]
}

target "arm64" {
  inherits  = ["one"]
  platforms = ["linux/arm64"]
  tags      = ["pqcheck:arm64"]
}

target "both" {
  inherits  = ["one"]
  platforms = ["linux/amd64", "linux/arm64"]
  tags      = ["pqcheck:latest"]
  output    = ["type=oci,dest=dist/pqcheck-image.tar,rewrite-timestamp=true"]
}

target "source" {
  inherits = ["both"]
  target   = "source"
  args     = { BUILDER = BUILDER }
  output   = ["type=oci,dest=dist/pqcheck-image-from-source.tar,rewrite-timestamp=true"]
}
