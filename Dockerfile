# The image of reelmerge: one static program and nothing else. `make image` builds the program and
# the image; authorities for TLS and time zones are linked into it (cmd/reelmerge/container.go).
FROM scratch
COPY bin/image/reelmerge /reelmerge
# Two folders of the user's: what is mounted at /campaigns takes the place of the first.
COPY --chown=65532:65532 bin/image/owned/ /
ENV REELMERGE_STATE=/campaigns/.reelmerge
USER 65532:65532
WORKDIR /campaigns
EXPOSE 8710
# It is about serve. A container that does something else says --no-healthcheck.
HEALTHCHECK --interval=30s --timeout=10s --start-period=10s CMD ["/reelmerge", "serve", "--health", "--listen", "127.0.0.1:8710"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/reelmerge"]
CMD ["--help"]
