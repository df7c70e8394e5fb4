{{/* What both services may reach: names, and Redis. */}}
{{- define "chat-cluster.egress" -}}
- ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
{{- if eq .Values.redis.mode "bundled" }}
- to:
    - podSelector:
        matchLabels:
          {{- include "chat-cluster.selectorLabels" (list . "message-broker") | nindent 10 }}
  ports: [{port: 6379, protocol: TCP}]
{{- else if eq .Values.redis.mode "external" }}
- ports: [{port: {{ .Values.redis.external.port }}, protocol: TCP}]
{{- end }}
{{- end }}
