{{/* Where Redis is. The bundled one's password is put into the URL by the kubelet. */}}
{{- define "chat-cluster.redisEnv" -}}
{{- if eq .Values.redis.mode "bundled" -}}
- name: REDIS_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "chat-cluster.secretName" . }}
      key: redis-password
- name: REDIS_URL
  value: redis://chat-cluster:$(REDIS_PASSWORD)@message-broker-service:6379
{{- else if eq .Values.redis.mode "external" -}}
- name: REDIS_URL
  valueFrom:
    secretKeyRef:
      {{- if .Values.redis.external.existingSecret }}
      name: {{ .Values.redis.external.existingSecret }}
      key: {{ .Values.redis.external.existingSecretKey }}
      {{- else }}
      name: chat-cluster-redis-url
      key: redis-url
      {{- end }}
{{- else -}}
- name: REDIS_URL
  value: ""
{{- end }}
{{- end }}

{{/* Whether plain PUBLISHes become messages: "true" or nothing. */}}
{{- define "chat-cluster.ingests" -}}
{{- $asked := .Values.redis.ingest.enabled -}}
{{- if eq .Values.redis.mode "none" -}}
{{- else if kindIs "invalid" $asked }}{{ if eq .Values.redis.mode "bundled" }}true{{ end -}}
{{- else if $asked }}true{{ end -}}
{{- end }}

{{/* Glob patterns, one a line, that together match every channel but: those that begin with `chat-cluster:`,
     `__`, `$` or `@`. Redis' access rules know only patterns of what is allowed, so a prefix is left out by
     allowing whatever leaves it early: for `ab` that is `a`, and all that begin with no `a` or with `a` and
     then no `b`. */}}
{{- define "chat-cluster.plainChannels" -}}
[^c_$@]*
{{- range $prefix := list "chat-cluster:" "__" }}
{{- range $length := untilStep 1 (len $prefix) 1 }}
{{ substr 0 $length $prefix }}
{{ substr 0 $length $prefix }}[^{{ substr $length (int (add1 $length)) $prefix }}]*
{{- end }}
{{- end }}
{{- end }}

{{/* The access rules of whoever does not sign in. */}}
{{- define "chat-cluster.strangersRules" -}}
{{- if include "chat-cluster.ingests" . -}}
on nopass resetkeys resetchannels nocommands +publish +ping
{{- range splitList "\n" (include "chat-cluster.plainChannels" .) }} &{{ . }}{{ end }}
{{- else -}}
off resetpass resetkeys resetchannels nocommands
{{- end }}
{{- end }}

{{/* The access rules of our services, without their password. They subscribe to the glob of
     redis.ingest.channels, which Redis allows only to those who may use every channel. */}}
{{- define "chat-cluster.servicesRules" -}}
on resetkeys allchannels nocommands +publish +subscribe +psubscribe +ping +client|setname
{{- end }}
