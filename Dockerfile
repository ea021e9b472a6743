# One image for all five services; docker-compose.yml names the one to run.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:24-slim
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY libs ./libs
COPY services ./services
COPY nats ./nats
# What a volume that is new is made like.
RUN for role in gateway safety executor verifier audit setup operator; do mkdir -p /seeds/$role; done \
  && mkdir /data /decision-keys /conf && chown -R 1000:1000 /data /decision-keys /conf /seeds
ENV NODE_ENV=production HEMOSTAT_DATA_DIR=/data
USER 1000:1000
CMD ["node", "services/gateway/main.ts"]
