{{/* redis.conf. The services' user is added on the command line, with the password from the Secret. */}}
{{- define "message-broker.configuration" -}}
bind * -::*
port 6379
# Without it nobody could publish from another pod; the access rules below say who may do what.
protected-mode no

# Nothing is kept: Redis passes on what the log has on disk.
save ""
appendonly no
# Who does not read is cut off, and gets what it missed from the log.
client-output-buffer-limit pubsub 32mb 8mb 30
maxmemory-clients {{ include "chat-cluster.mebibytes" .Values.redis.bundled.unreadBytes }}mb
tcp-keepalive 60
timeout 0

# Strangers: publish on plain channels, nothing else.
user default {{ include "chat-cluster.strangersRules" . }}
{{- end }}
