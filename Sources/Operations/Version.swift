/// What `--version` prints and `/state` shows.
public enum Version {
    public static let current = "0.1.0"
}
