@main struct RTSeg { static func main() { print("rtseg") } }
