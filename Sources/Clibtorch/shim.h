// libtorch is C++: CTorch includes its headers; Swift sees none of them.
