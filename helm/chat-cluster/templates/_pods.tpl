{{/* What all pods have in common. Call with (list $ "component" .Values.SERVICE). */}}
{{- define "chat-cluster.podCommon" -}}
{{- $root := index . 0 -}}
{{- $service := index . 2 -}}
serviceAccountName: {{ include "chat-cluster.serviceAccountName" $root }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- include "chat-cluster.podSecurityContext" $root | nindent 2 }}
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $service.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $service.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $service.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "chat-cluster.podSecurityContext" -}}
{{- $own := dict "runAsNonRoot" true "runAsUser" 10001 "runAsGroup" 10001 "fsGroup" 10001
      "fsGroupChangePolicy" "OnRootMismatch" "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- include "chat-cluster.laidOver" (list $own .Values.podSecurityContext) }}
{{- end }}

{{- define "chat-cluster.containerSecurityContext" -}}
{{- $own := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true
      "capabilities" (dict "drop" (list "ALL")) -}}
{{- include "chat-cluster.laidOver" (list $own .Values.containerSecurityContext) }}
{{- end }}

{{/* The second dictionary over the first, as YAML; a null in the second takes the key away. */}}
{{- define "chat-cluster.laidOver" -}}
{{- $result := index . 0 -}}
{{- range $key, $value := index . 1 -}}
{{- if kindIs "invalid" $value }}{{ $result = omit $result $key }}{{ else }}{{ $_ := set $result $key $value }}{{ end -}}
{{- end -}}
{{- toYaml $result }}
{{- end }}

{{/* Call with (list "memory request in MiB" "memory limit in MiB" .Values.SERVICE.resources). */}}
{{- define "chat-cluster.resources" -}}
{{- $derived := dict "requests" (dict "cpu" "250m" "memory" (printf "%sMi" (index . 0)))
      "limits" (dict "memory" (printf "%sMi" (index . 1))) -}}
{{- toYaml (mergeOverwrite $derived (deepCopy (index . 2))) }}
{{- end }}

{{/* Environment that both services take. */}}
{{- define "chat-cluster.commonEnv" -}}
- name: CLUSTER_SECRET
  valueFrom:
    secretKeyRef:
      name: {{ include "chat-cluster.secretName" . }}
      key: cluster-secret
{{ include "chat-cluster.redisEnv" . }}
{{- with .Values.clusterName }}
- name: CLUSTER_NAME
  value: {{ . | quote }}
{{- end }}
{{- with .Values.allowedOrigins }}
- name: ALLOWED_ORIGINS
  value: {{ join "," . | quote }}
{{- end }}
- name: LOG_LEVEL
  value: {{ .Values.log.level }}
- name: LOG_FORMAT
  value: {{ .Values.log.format }}
{{- end }}

{{/* The three probes. Call with (dict "startupPath" P "startupPeriod" SECONDS "startupSeconds" SECONDS). */}}
{{- define "chat-cluster.probes" -}}
startupProbe:
  httpGet: {path: {{ .startupPath }}, port: http}
  periodSeconds: {{ .startupPeriod }}
  timeoutSeconds: 2
  failureThreshold: {{ div (add (int64 .startupSeconds) (sub (int64 .startupPeriod) 1)) (int64 .startupPeriod) }}
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}
