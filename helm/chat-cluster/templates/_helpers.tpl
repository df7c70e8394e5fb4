{{/* Labels of every object. Call with (list $ "component"). */}}
{{- define "chat-cluster.labels" -}}
{{- $root := index . 0 -}}
{{ include "chat-cluster.selectorLabels" . }}
app.kubernetes.io/part-of: chat-cluster
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
{{- end }}

{{/* Labels that pods are selected by; they never change in an upgrade. Call with (list $ "component"). */}}
{{- define "chat-cluster.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: chat-cluster
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Metadata of an object. Call with (list $ "component" "name" annotations), annotations may be left out. */}}
{{- define "chat-cluster.metadata" -}}
{{- $root := index . 0 -}}
name: {{ index . 2 }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "chat-cluster.labels" (list $root (index . 1)) | nindent 2 }}
{{- if gt (len .) 3 }}
{{- with index . 3 }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{/* A service's image. What the values leave open is taken from what was published from this checkout, if
     anything was. Call with (list $ .Values.SERVICE.image). */}}
{{- define "chat-cluster.image" -}}
{{- $root := index . 0 -}}
{{- $published := dict -}}
{{- with $root.Files.Get "published-images.yaml" }}{{ $published = (fromYaml .).image | default dict }}{{ end -}}
{{- $registry := $root.Values.image.registry | default $published.registry -}}
{{- $tag := $root.Values.image.tag | default $published.tag | default $root.Chart.AppVersion -}}
{{- with $registry }}{{ trimSuffix "/" . }}/{{ end }}{{ (index . 1).repository }}:{{ $tag }}
{{- end }}

{{- define "chat-cluster.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary "chat-cluster" "default" .Values.serviceAccount.create) }}
{{- end }}

{{- define "chat-cluster.secretName" -}}
{{- .Values.secret.existingSecret | default "chat-cluster-secret" }}
{{- end }}

{{/* A size or number as the services read it; without this, big numbers would get an exponent. */}}
{{- define "chat-cluster.number" -}}
{{- if kindIs "string" . }}{{ . }}{{ else }}{{ int64 . }}{{ end }}
{{- end }}

{{/* A size such as 64MiB, 10Gi or 4096 as whole mebibytes, rounded up. */}}
{{- define "chat-cluster.mebibytes" -}}
{{- $units := dict "" 1 "K" 1024 "M" 1048576 "G" 1073741824 "T" 1099511627776 -}}
{{- $size := include "chat-cluster.number" . -}}
{{- $number := int64 (regexFind "^[0-9]+" $size) -}}
{{- $unit := regexFind "[KMGT]" $size -}}
{{- div (add (mul $number (get $units $unit)) 1048575) 1048576 }}
{{- end }}
