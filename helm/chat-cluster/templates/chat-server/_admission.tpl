{{/* Who may come, and how often: environment of the chat-server. What is empty is not there. */}}
{{- define "chat-server.admissionEnv" -}}
{{- $accounts := .Values.chatServer.accounts -}}
{{- $provider := $accounts.identityProvider -}}
{{- $admission := .Values.chatServer.admission -}}
{{- include "chat-server.checkedProvider" $provider -}}
{{- include "chat-server.setting" (list "FOLLOW" .Values.chatServer.follow) -}}
{{- include "chat-server.setting" (list "AUTH" $accounts.authentication) -}}
{{- include "chat-server.setting" (list "TOKEN_LIFETIME" $accounts.tokenLifetime) -}}
{{- include "chat-server.setting" (list "JWT_ALGORITHM" $provider.algorithm) -}}
{{- if eq $provider.algorithm "HS256" }}
- name: JWT_SECRET
  valueFrom:
    secretKeyRef:
      name: {{ $provider.existingSecret }}
      key: {{ $provider.existingSecretKey }}
{{- else if eq $provider.algorithm "RS256" -}}
{{- include "chat-server.setting" (list "JWT_PUBLIC_KEYS_FILE"
      (printf "/etc/chat-server/identity-provider/%s" $provider.publicKeysKey)) -}}
{{- end -}}
{{- include "chat-server.setting" (list "JWT_ISSUER" $provider.issuer) -}}
{{- include "chat-server.setting" (list "JWT_AUDIENCE" $provider.audience) -}}
{{- include "chat-server.setting" (list "JWT_NAME_CLAIM" $provider.nameClaim) -}}
{{- include "chat-server.count" (list "CONNECTIONS_MAX" $admission.connectionsMax) -}}
{{- include "chat-server.count" (list "CONNECTIONS_PER_ADDRESS_MAX" $admission.connectionsPerAddressMax) -}}
{{- include "chat-server.count" (list "MESSAGES_PER_SECOND" $admission.messagesPerSecond) -}}
{{- include "chat-server.setting" (list "TRUSTED_PROXIES" (join "," $admission.trustedProxies)) -}}
{{- end }}

{{/* One variable on lines of its own, or nothing. Call with (list "NAME" "text"). */}}
{{- define "chat-server.setting" -}}
{{- with index . 1 }}
- name: {{ index $ 0 }}
  value: {{ . | quote }}
{{- end }}
{{- end }}

{{/* The same with a number or null. */}}
{{- define "chat-server.count" -}}
{{- if not (kindIs "invalid" (index . 1)) }}
- name: {{ index . 0 }}
  value: {{ int64 (index . 1) | quote }}
{{- end }}
{{- end }}

{{/* Nothing; what makes no sense together ends the rendering, as it would end the service. */}}
{{- define "chat-server.checkedProvider" -}}
{{- $path := "chatServer.accounts.identityProvider" -}}
{{- if eq .algorithm "HS256" }}
{{- if not .existingSecret }}{{ fail (printf "%s.existingSecret must name the Secret for HS256" $path) }}{{ end }}
{{- if .publicKeysConfigMap }}{{ fail (printf "%s.publicKeysConfigMap is not for HS256" $path) }}{{ end }}
{{- else if eq .algorithm "RS256" }}
{{- if not .publicKeysConfigMap }}{{ fail (printf "%s.publicKeysConfigMap must name the ConfigMap for RS256" $path) }}{{ end }}
{{- if .existingSecret }}{{ fail (printf "%s.existingSecret is not for RS256" $path) }}{{ end }}
{{- else if or .existingSecret .publicKeysConfigMap .issuer .audience .nameClaim }}
{{- fail (printf "%s.algorithm is empty: nothing else of it may be given" $path) }}
{{- end }}
{{- end }}
