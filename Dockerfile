# The program in a small image. In the repository's root:
#
#     docker build -t rtseg .
#     docker run --rm -v "$PWD:/work" rtseg predict --checkpoint best.pth --input photos --output labels
#
# The image computes on CPUs.
ARG SWIFT=6.3
ARG DEBIAN=bookworm

FROM swift:${SWIFT}-${DEBIAN} AS build
WORKDIR /rtseg
RUN apt-get update && apt-get install -y --no-install-recommends make
# libtorch is fetched again only if its release or the scripts change.
COPY Makefile ./
COPY scripts scripts
RUN make setup
COPY . .
RUN make install PREFIX=/opt/rtseg

FROM debian:${DEBIAN}-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates libcurl4 libjpeg62-turbo libpng16-16 libssl3 libstdc++6 libtiff6 libwebp7 zlib1g \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/rtseg /usr/local
WORKDIR /work
ENTRYPOINT ["rtseg"]
CMD ["--help"]
