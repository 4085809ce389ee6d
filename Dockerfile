# The service in one image: `docker build -t throughline .`
# With nothing set it runs the embedded ClickHouse; compose.yaml runs it beside a ClickHouse server.

ARG NODE=22-bookworm-slim

FROM node:${NODE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:${NODE}
# tini hands signals on and collects what the child processes leave.
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# scripts/ stays behind: without it the command builds nothing, and uses what was built here.
COPY --from=build /build/package.json /build/LICENSE ./
COPY --from=build /build/bin bin
COPY --from=build /build/dist dist
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/storage/migrations storage/migrations
COPY --from=build /build/storage/engine/child.mjs storage/engine/child.mjs
COPY --from=build /build/demo/assets demo/assets
RUN ln -s /app/bin/throughline.mjs /usr/local/bin/throughline \
  && mkdir /data && chown node:node /data && chmod 700 /data

ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
VOLUME /data
EXPOSE 8080
USER node
# Alive, not ready: a full log is no reason to be killed, and it empties by itself.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "throughline"]
CMD ["start"]
